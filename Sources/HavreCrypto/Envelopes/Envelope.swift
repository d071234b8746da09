/// How objects lie encrypted at a source, one file a format.
///
/// A format reads the envelope of one object and has its content key unwrapped; nothing of the body is
/// touched before that. It holds what it needs to unwrap, never a content key.
public protocol EnvelopeFormat: Sendable {
    /// Its name in plans (`open: {format: …}`).
    var name: String { get }

    /// Reads the envelope of `object` and unwraps its content key; nil where the object bears no envelope of this format.
    ///
    /// Throws `CryptoError` where the envelope is malformed, forbidden or no key at hand opens it, and
    /// whatever `object` throws where it cannot be read.
    func open(_ object: StoredObject) async throws -> (any OpenedEnvelope)?

    /// An opener for a whole object, envelope included, in one pass from its first byte and without a look beforehand; nil
    /// where the format does not allow that.
    func stream() throws(CryptoError) -> (any EnvelopeOpener)?
}

extension EnvelopeFormat {
    /// There is none.
    public func stream() throws(CryptoError) -> (any EnvelopeOpener)? { nil }
}

/// An object at a store as its envelope's reader sees it.
public struct StoredObject: Sendable {
    /// Bytes at the store, envelope included.
    public let size: UInt64
    /// The user's metadata as the store gives them; names in lower case.
    public let metadata: [String: String]
    /// Whether ciphers that pad did so: false for an Azure page blob, whose client-side encryption v1 fills no block up.
    public let isPadded: Bool
    /// Reads a small range of the stored bytes; never beyond `size`.
    public let read: @Sendable (Range<UInt64>) async throws -> [UInt8]
    /// Reads the small object whose key is this one's followed by a suffix (`.instruction`); nil where there is none.
    public let companion: @Sendable (String) async throws -> [UInt8]?

    /// Describes an object.
    public init(
        size: UInt64, metadata: [String: String], isPadded: Bool = true,
        read: @escaping @Sendable (Range<UInt64>) async throws -> [UInt8],
        companion: @escaping @Sendable (String) async throws -> [UInt8]?
    ) {
        self.size = size
        self.metadata = metadata
        self.isPadded = isPadded
        self.read = read
        self.companion = companion
    }
}

/// What an envelope proves of the bytes that it holds.
public enum EnvelopeProof: Hashable, Sendable {
    /// Each piece is authenticated as it is opened, its place in the object included.
    case piecewise
    /// Only the whole object is: nothing may be completed before `OpenedEnvelope.verify`.
    case whole
    /// Nothing is: whoever could write to the source could change what comes out.
    case none
}

/// One object's envelope, read, with its content key at hand: knows where plaintext lies among the stored bytes.
public protocol OpenedEnvelope: Sendable {
    /// Bytes of plaintext.
    var plainSize: UInt64 { get }
    /// What the envelope proves.
    var proof: EnvelopeProof { get }
    /// The stored bytes that an opener of this plaintext range must be given, all of them and in order.
    func storedRange(ofPlain range: Range<UInt64>) -> Range<UInt64>
    /// Opens exactly this plaintext range. Ranges of one object may be opened in any order, at one time, and again.
    /// A range begins at a multiple of 8 MiB, and ends at one or at `plainSize`.
    func opener(ofPlain range: Range<UInt64>) throws(CryptoError) -> any EnvelopeOpener
    /// Of a `.whole` envelope: checks the object by what its openers gave back, in the order of the object, the ranges
    /// covering all of it. Throws `.payloadFailure`. Does nothing for others.
    func verify(_ shares: [[UInt8]]) throws(CryptoError)
}

extension OpenedEnvelope {
    /// There is nothing to check.
    public func verify(_ shares: [[UInt8]]) throws(CryptoError) {}
}

/// Streams plaintext out of stored bytes, in order. One thread; for one range.
public protocol EnvelopeOpener: AnyObject {
    /// Takes the next stored bytes; lends the plaintext that they gave, during the call only.
    /// Throws `CryptoError`, and what `emit` throws.
    func update(_ stored: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws
    /// Ends the range. Gives its share in the proof of a `.whole` envelope, at most 64 bytes and secret (whoever has it can
    /// forge the source's tag, not read); empty for others.
    func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> [UInt8]
}
