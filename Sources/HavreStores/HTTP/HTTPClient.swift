import CCurl
import Synchronization

/// Sends requests over the reactors it was given: TLS verified, no redirects, no proxies but its own.
public final class HTTPClient: Sendable {
    /// How connections are made.
    public struct Settings: Hashable, Sendable {
        /// A file of PEM certificates to trust instead of the system's.
        public var caBundle: String?
        /// `http://host:port` of a proxy; those of the environment are ignored. Loopback endpoints go without.
        public var proxy: String?
        /// Networks that are not public and in which an endpoint may lie all the same.
        public var addresses: [AddressRange]
        /// Names with the addresses that they stand for, as `host:port:address`; for tests, which have no DNS.
        var resolved: [String] = []
        /// Seconds for name, connection and TLS.
        public var connectTimeout: Double
        /// Seconds without a byte after which a transfer is given up. There is no limit on the whole.
        public var stallTimeout: Double

        /// Names settings.
        public init(
            caBundle: String? = nil, proxy: String? = nil, addresses: [AddressRange] = [],
            connectTimeout: Double = 20, stallTimeout: Double = 60
        ) {
            self.addresses = addresses
            self.caBundle = caBundle
            self.proxy = proxy
            self.connectTimeout = connectTimeout
            self.stallTimeout = stallTimeout
        }
    }

    /// How connections are made.
    public let settings: Settings
    private let reactors: [Reactor]
    private let turn = Atomic<Int>(0)

    /// Makes a client; control calls are spread over `reactors`, which outlive it. Throws `.refused` without any.
    public init(reactors: [Reactor], settings: Settings = Settings()) throws(StoreError) {
        guard !reactors.isEmpty else { throw StoreError(.refused, "an HTTP client needs a reactor") }
        self.reactors = reactors
        self.settings = settings
    }

    /// The reactor for a control call: the caller's own where it runs on one, else the next in turn.
    var controlReactor: Reactor {
        if let own = reactors.first(where: { $0.isCurrent }) { return own }
        return reactors[Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue.magnitude) % reactors.count]
    }

    /// Sends `request` on `reactor`. `decide` is asked on the reactor's thread, once the head is known and before
    /// any byte of the body, what the body is for.
    ///
    /// Throws what the network or the sink did, not what the status says: that is the caller's to judge.
    func perform(
        _ request: HTTPRequest, on reactor: Reactor, decide: @escaping (ResponseHead) -> BodyUse
    ) async throws(StoreError) -> HTTPResponse {
        let transfer = Transfer(request, settings: settings, decide: decide)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if reactor.isCurrent {
                    transfer.begin(on: reactor, continuation)
                } else if !reactor.run({ transfer.begin(on: reactor, continuation) }) {
                    continuation.resume(
                        returning: .failure(StoreError(.cancelled, "the reactor \(reactor.name) has ended")))
                }
            }
        } onCancel: {
            reactor.run { transfer.cancel() }
        }
        return try outcome.get()
    }
}
