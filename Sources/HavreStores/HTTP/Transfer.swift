import CCurl
import Glibc
import HavreCrypto

/// What to do with the body of an answer, decided once its head is known.
enum BodyUse {
    /// Stream it there, at most so many bytes. What a status of failure brings never belongs there.
    case sink(any ByteSink, limit: UInt64)
    /// Keep it, up to so many bytes; a longer one is an error.
    case memory(limit: Int)
    /// End the transfer with this.
    case fail(StoreError)
}

/// An answer: its head, and its body where it was kept.
struct HTTPResponse: Sendable {
    var head: ResponseHead
    var body: [UInt8]
    /// Bytes of the body that came, kept or streamed.
    var received: UInt64
    /// Who answered, where the request wants to know.
    var peer: Peer?
}

/// The other end of a connection.
struct Peer: Sendable {
    /// Where it is.
    let address: PeerAddress
    /// Whether that is the proxy's address, the store's own being known to the proxy alone.
    let isProxy: Bool
    /// What was agreed on with the store; nil in clear, or where libcurl does not tell.
    let tls: TLSSession?
}

/// One request under way: what it sends, what it has received, who waits for it.
/// Made anywhere, from `begin` on touched on the reactor's thread only.
final class Transfer: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, StoreError>

    private(set) var request: HTTPRequest
    let settings: HTTPClient.Settings
    private let decide: (ResponseHead) -> BodyUse
    private var continuation: CheckedContinuation<Outcome, Never>?
    private var easy: EasyHandle?
    var isCancelled = false

    private var sentOffset = 0
    private var head = ResponseHead()
    private var use: BodyUse?
    private var body: [UInt8] = []
    private var received: UInt64 = 0
    private var failure: StoreError?
    private var peer: Peer?

    init(_ request: HTTPRequest, settings: HTTPClient.Settings, decide: @escaping (ResponseHead) -> BodyUse) {
        self.request = request
        self.settings = settings
        self.decide = decide
    }

    /// Begins, on the reactor's thread.
    func begin(on reactor: Reactor, _ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = continuation
        guard !isCancelled, !reactor.isStopping else {
            isCancelled = true
            return finish(CURLE_ABORTED_BY_CALLBACK, requestLeft: false)
        }
        do {
            let easy = try reactor.transfers.takeHandle()
            self.easy = easy
            easy.start(self)
        } catch {
            failure = error
            finish(CURLE_FAILED_INIT, requestLeft: false)
        }
    }

    /// Ends before its time, on the reactor's thread.
    func cancel() {
        isCancelled = true
        easy?.cancel()
    }

    // MARK: What libcurl asks for

    /// One header line. False ends the transfer.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        // Trailers behind a chunked body say nothing that we use.
        guard use == nil else { return true }
        switch head.append(line) {
        case .more: return true
        case .tooLarge:
            failure = StoreError(
                .protocolViolation, "the answer of \(request.endpoint.name) has more than 256 KiB of headers")
            return false
        case .complete:
            let use = decide(head)
            self.use = use
            guard case .fail(let error) = use else { return true }
            failure = error
            return false
        }
    }

    /// Bytes of the body. False ends the transfer.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch use {
        case .sink(let sink, let limit):
            received += UInt64(bytes.count)
            guard received <= limit else {
                failure = StoreError(
                    .protocolViolation, "\(request.endpoint.name) sends more than the \(limit) bytes asked for",
                    status: head.status)
                return false
            }
            do {
                try sink.receive(bytes)
                return true
            } catch {
                failure =
                    error as? StoreError
                    ?? StoreError(.sink, "what takes the bytes failed: \(error)", underlying: error)
                return false
            }
        case .memory(let limit):
            guard body.count + bytes.count <= limit else {
                failure = StoreError(
                    .protocolViolation, "the answer of \(request.endpoint.name) is longer than \(limit) bytes",
                    status: head.status)
                return false
            }
            body.append(contentsOf: bytes)
            received += UInt64(bytes.count)
            return true
        case .fail, nil:
            return false
        }
    }

    /// Fills `buffer` with the next bytes of the request's body; 0 at the end, nil on failure.
    func provide(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(buffer.count, request.body.count - sentOffset)
        guard count > 0 else { return 0 }
        switch request.body {
        case .none: return 0
        case .bytes(let bytes):
            bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[sentOffset..<sentOffset + count])) }
        case .memory(let bytes):
            buffer.copyMemory(from: .init(rebasing: bytes[sentOffset..<sentOffset + count]))
        case .file(let descriptor, let offset, _):
            var got = pread(descriptor, buffer.baseAddress, count, off_t(offset) + off_t(sentOffset))
            while got < 0 && errno == EINTR {
                got = pread(descriptor, buffer.baseAddress, count, off_t(offset) + off_t(sentOffset))
            }
            guard got > 0 else {
                failure = StoreError(
                    .disk,
                    got < 0
                        ? "cannot read what is to be sent: \(String(cString: strerror(errno)))"
                        : "the file to be sent is shorter than it was")
                return nil
            }
            sentOffset += got
            return got
        }
        sentOffset += count
        return count
    }

    /// Goes back in the request's body: libcurl sends again where a kept connection turned out to be dead.
    func rewind(to offset: Int) -> Bool {
        guard (0...request.body.count).contains(offset) else { return false }
        sentOffset = offset
        return true
    }

    /// Whether a connection to this address may be made; asked before the first packet leaves.
    func allows(_ address: UnsafePointer<sockaddr>) -> Bool {
        guard let address = PeerAddress(address) else {
            failure = StoreError(.policy, "\(request.endpoint.name) resolves to something that is no IP address")
            return false
        }
        return allows(address)
    }

    /// Whether the request may go over a connection to this address, a kept one too: what another client was allowed
    /// need not be allowed here. Of several addresses that were tried, one that serves makes up for those refused.
    func begins(at literal: UnsafePointer<CChar>, tls: () -> TLSSession?) -> Bool {
        guard let address = PeerAddress(cString: literal) else {
            failure = StoreError(.policy, "\(request.endpoint.name) is connected to something that is no IP address")
            return false
        }
        guard allows(address) else { return false }
        failure = nil
        if request.wantsPeer { peer = Peer(address: address, isProxy: viaProxy, tls: tls()) }
        return true
    }

    /// Through a proxy the address is the proxy's.
    private var viaProxy: Bool { settings.proxy != nil && !request.endpoint.goesDirect }

    private func allows(_ address: PeerAddress) -> Bool {
        let proxy = viaProxy ? settings.proxy : nil
        let rule = AddressRule(
            host: proxy.map(Self.host(of:)) ?? request.endpoint.host, isProxy: proxy != nil, named: settings.addresses,
            isIdentityService: request.endpoint.isIdentityService)
        if let refusal = rule.refusal(address) {
            failure = refusal
            return false
        }
        guard
            request.endpoint.isSecure || proxy != nil || address.kind == .loopback
                || request.endpoint.isIdentityService
        else {
            failure = StoreError(
                .untrusted, "plain http is for loopback only, and \(request.endpoint.name) resolves to another address")
            return false
        }
        return true
    }

    /// The host of a proxy's URL, without brackets.
    static func host(of url: String) -> String {
        var rest = url.lowercased()[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.hasPrefix("[") { return String(rest.dropFirst().prefix { $0 != "]" }) }
        return String(rest.prefix { $0 != ":" })
    }

    // MARK: The end

    /// Hands the outcome to whoever waits.
    func finish(_ code: CURLcode, requestLeft: Bool, proxyStatus: Int = 0) {
        easy = nil
        request.wipe()
        let continuation = self.continuation
        self.continuation = nil
        continuation?.resume(returning: outcome(code, requestLeft, proxyStatus))
    }

    private func outcome(_ code: CURLcode, _ requestLeft: Bool, _ proxyStatus: Int) -> Outcome {
        if isCancelled {
            // Whether a write was carried out is unknown; whoever cancels does not ask.
            return .failure(StoreError(.cancelled, "the request to \(request.endpoint.name) was cancelled"))
        }
        if let failure, code != CURLE_OK { return .failure(failure) }
        guard code == CURLE_OK else {
            return .failure(
                TransferFailure(
                    code: code, requestLeft: requestLeft, proxyStatus: proxyStatus, isWrite: request.isWrite,
                    settings: settings
                ).error(host: request.endpoint.name, status: head.status == 0 ? nil : head.status))
        }
        guard head.status != 0 else {
            return .failure(StoreError(.protocolViolation, "\(request.endpoint.name) answered without a status"))
        }
        return .success(HTTPResponse(head: head, body: body, received: received, peer: peer))
    }
}
