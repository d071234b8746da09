import COpenSSL

/// Streams plaintext out of sealed chunks. Holds at most one chunk; emits only what authenticated. One thread;
/// reusable, so that one per lane serves any number of objects without allocation.
public final class ChunkOpener {
    private let cipher: AEADContext
    private let held: UnsafeMutableRawBufferPointer
    private let plain: UnsafeMutableRawBufferPointer
    private var heldCount = 0
    private var index: UInt64 = 0
    private var isFirst = true
    private var endsFile = false
    private var fault: CryptoError? = CryptoError(.refused, "an opener was used before it was begun")

    /// Makes an opener that awaits `begin`. Throws `.internalFailure`.
    public init() throws(CryptoError) {
        cipher = try AEADContext(.chacha20Poly1305, .open)
        held = .allocate(byteCount: AgePayload.sealedChunk, alignment: 64)
        plain = .allocate(byteCount: AgePayload.chunk, alignment: 64)
    }

    deinit {
        OPENSSL_cleanse(plain.baseAddress, plain.count)
        held.deallocate()
        plain.deallocate()
    }

    /// Begins a run of chunks, the first of which is number `firstChunk` of the file (plaintext offset / 65,536);
    /// `endsFile` tells whether the file ends with them. The prefix is not among the bytes that follow.
    public func begin(_ file: AgeOpening, firstChunk: UInt64, endsFile: Bool) {
        heldCount = 0
        index = firstChunk
        isFirst = firstChunk == 0
        self.endsFile = endsFile
        fault = nil
        do throws(CryptoError) {
            try file.withPayloadKey { (key) throws(CryptoError) in try cipher.setKey(key) }
        } catch {
            fault = error
        }
    }

    /// Takes the next sealed bytes and hands out what became certain. The plaintext is valid during the call.
    /// Throws `.payloadFailure` as soon as a chunk does not authenticate, and what `emit` throws; then it is over.
    public func update(_ sealed: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        if let fault { throw fault }
        do {
            var at = 0
            while at < sealed.count {
                // A full chunk is opened once a byte behind it shows that it is not the last.
                if heldCount == AgePayload.sealedChunk {
                    try openFull(UnsafeRawBufferPointer(held), emit)
                    heldCount = 0
                }
                if heldCount == 0, sealed.count - at > AgePayload.sealedChunk {
                    try openFull(
                        UnsafeRawBufferPointer(rebasing: sealed[at..<at + AgePayload.sealedChunk]), emit)
                    at += AgePayload.sealedChunk
                    continue
                }
                let count = min(AgePayload.sealedChunk - heldCount, sealed.count - at)
                UnsafeMutableRawBufferPointer(rebasing: held[heldCount...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: sealed[at..<at + count]))
                heldCount += count
                at += count
            }
        } catch {
            fault = CryptoError(.payloadFailure, "opening had failed before")
            throw error
        }
    }

    /// Ends the run: opens the last chunk. Throws `.payloadFailure` where the file is cut or did not end here.
    public func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        if let fault { throw fault }
        fault = CryptoError(.refused, "an opener was used after it was finished")
        let last = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(held)[..<heldCount])
        guard endsFile else {
            if last.isEmpty { return }
            guard last.count == AgePayload.sealedChunk else {
                throw CryptoError(.payloadFailure, "chunk \(index) is cut: the part holds \(last.count) bytes of it")
            }
            guard let bytes = try open(last, last: false) else { throw changed() }
            return try emit(bytes)
        }
        guard last.count >= AEADContext.tagSize else {
            throw CryptoError(.payloadFailure, "the payload is cut: it ends within or before chunk \(index)")
        }
        if let bytes = try open(last, last: true) {
            guard !bytes.isEmpty || isFirst else {
                throw CryptoError(.payloadFailure, "the last chunk is empty, which only that of an empty file may be")
            }
            if !bytes.isEmpty { try emit(bytes) }
            return
        }
        guard last.count == AgePayload.sealedChunk, let bytes = try open(last, last: false) else { throw changed() }
        try emit(bytes)
        throw CryptoError(.payloadFailure, "the payload is cut after chunk \(index): the last chunk is missing")
    }

    /// A full chunk with more behind it.
    private func openFull(
        _ sealed: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if let bytes = try open(sealed, last: false) {
            let (next, overflow) = index.addingReportingOverflow(1)
            guard !overflow else { throw CryptoError(.payloadFailure, "the file has too many chunks") }
            index = next
            isFirst = false
            return try emit(bytes)
        }
        guard endsFile, let bytes = try open(sealed, last: true) else { throw changed() }
        try emit(bytes)
        throw CryptoError(.payloadFailure, "bytes follow the last chunk, number \(index)")
    }

    /// The plaintext of one chunk, in `plain`; nil where it does not authenticate.
    private func open(_ sealed: UnsafeRawBufferPointer, last: Bool) throws(CryptoError) -> UnsafeRawBufferPointer? {
        let count = sealed.count - AEADContext.tagSize
        guard let target = plain.baseAddress, let source = sealed.baseAddress else { return nil }
        try AgePayload.withNonce(chunk: index, last: last) { (nonce) throws(CryptoError) in
            try cipher.start(nonce: nonce)
        }
        try cipher.update(UnsafeRawBufferPointer(start: source, count: count), into: target)
        guard try cipher.verify(tag: source + count) else { return nil }
        return UnsafeRawBufferPointer(start: target, count: count)
    }

    private func changed() -> CryptoError {
        CryptoError(.payloadFailure, "chunk \(index) does not authenticate: the payload was changed, cut or reordered")
    }
}
