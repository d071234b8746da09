/// Streams plaintext into a caller's buffer as sealed chunks. One thread; reusable, so that one per lane serves
/// any number of parts without allocation.
///
/// The cipher is the copy: bytes go from the caller's memory straight to their place in the output.
public final class ChunkSealer {
    /// Called with each finished piece of output, prefix first, then chunk by chunk, while it is warm in the cache.
    public var onChunk: ((UnsafeRawBufferPointer) -> Void)?

    private let cipher: AEADContext
    private var out = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var start = 0
    private var position = 0
    private var chunkStart = 0
    private var chunkFill = 0
    private var isChunkOpen = false
    private var isChunkLast = false
    private var index: UInt64 = 0
    private var sealsAny = false
    private var endsFile = false
    private var expected: Int?
    private var taken = 0
    private var fault: CryptoError? = CryptoError(.refused, "a sealer was used before it was begun")

    /// Makes a sealer that awaits `begin`. Throws `.internalFailure`.
    public init() throws(CryptoError) { cipher = try AEADContext(.chacha20Poly1305, .seal) }

    /// Begins a part.
    ///
    /// - Parameters:
    ///   - firstChunk: number of the part's first chunk in the file: plaintext offset / 65,536.
    ///   - endsFile: whether the file ends with this part.
    ///   - plainCount: bytes of plaintext to come. Where it is nil and the part ends the file, the last chunk is
    ///     sealed twice, as nobody knew that it was the last.
    ///   - out: where the sealed bytes go; valid until `finish` returned.
    ///   - offset: where in `out` the first chunk goes. If `firstChunk` is 0, the file's prefix is put right
    ///     before it, so that `offset` is at least `prefix.count`.
    ///
    /// What is wrong with the arguments is thrown by the next call.
    public func begin(
        _ file: AgeSealing, firstChunk: UInt64, endsFile: Bool, plainCount: Int? = nil,
        into out: UnsafeMutableRawBufferPointer, at offset: Int
    ) {
        self.out = out
        self.endsFile = endsFile
        expected = plainCount
        start = offset
        position = offset
        chunkFill = 0
        taken = 0
        isChunkOpen = false
        isChunkLast = false
        sealsAny = firstChunk > 0
        index = firstChunk
        fault = nil
        do throws(CryptoError) {
            guard offset >= 0, offset <= out.count else { throw tooSmall() }
            try file.withPayloadKey { (key) throws(CryptoError) in try cipher.setKey(key) }
            if firstChunk == 0 {
                start = offset - file.prefix.count
                guard start >= 0 else { throw tooSmall() }
                out[start..<offset].copyBytes(from: file.prefix)
                onChunk?(UnsafeRawBufferPointer(rebasing: out[start..<offset]))
            }
        } catch {
            fault = error
        }
    }

    /// Seals the next bytes. Throws `.refused` where the output is too small or more comes than was announced;
    /// after an error the part is lost and must be begun again.
    public func update(_ plain: UnsafeRawBufferPointer) throws(CryptoError) {
        if let fault { throw fault }
        do throws(CryptoError) {
            if let expected, plain.count > expected - taken {
                throw CryptoError(.refused, "more plaintext came than the \(expected) bytes announced")
            }
            try take(plain)
        } catch {
            fault = error
            throw error
        }
    }

    /// Ends the part and returns how many bytes were written, prefix included. The last chunk bears the final
    /// flag if, and only if, the part ends the file. Throws `.refused` where less plaintext came than announced,
    /// or where a part that does not end the file is not of whole chunks.
    public func finish() throws(CryptoError) -> Int {
        if let fault { throw fault }
        defer { fault = CryptoError(.refused, "a sealer was used after its part was finished") }
        if let expected, taken != expected {
            throw CryptoError(.refused, "\(taken) bytes of plaintext came, \(expected) were announced")
        }
        if isChunkOpen {
            guard endsFile else {
                throw CryptoError(.refused, "a part that does not end the file must be a multiple of 65,536 bytes")
            }
            if !isChunkLast { try sealAgainAsLast() }
            try closeChunk()
        } else if endsFile {
            if !sealsAny {
                try openChunk(last: true)
                try closeChunk()
            } else if !isChunkLast {
                throw CryptoError(.refused, "the last part of a file is empty")
            }
        }
        return position - start
    }

    private func take(_ plain: UnsafeRawBufferPointer) throws(CryptoError) {
        var at = 0
        while at < plain.count {
            if isChunkOpen, chunkFill == AgePayload.chunk { try closeChunk() }
            if !isChunkOpen {
                let left = expected.map { $0 - taken }
                try openChunk(last: endsFile && left.map { $0 <= AgePayload.chunk } ?? false)
            }
            let count = min(AgePayload.chunk - chunkFill, plain.count - at)
            guard out.count - position >= count + AEADContext.tagSize, let base = out.baseAddress else {
                throw tooSmall()
            }
            try cipher.update(UnsafeRawBufferPointer(rebasing: plain[at..<at + count]), into: base + position)
            chunkFill += count
            position += count
            taken += count
            at += count
            // A full chunk that may yet turn out to be the last stays open.
            let mayBeLast = endsFile && expected == nil
            if chunkFill == AgePayload.chunk, !mayBeLast { try closeChunk() }
        }
    }

    private func openChunk(last: Bool) throws(CryptoError) {
        try AgePayload.withNonce(chunk: index, last: last) { (nonce) throws(CryptoError) in
            try cipher.start(nonce: nonce)
        }
        chunkStart = position
        chunkFill = 0
        isChunkOpen = true
        isChunkLast = last
    }

    private func closeChunk() throws(CryptoError) {
        guard out.count - position >= AEADContext.tagSize, let base = out.baseAddress else { throw tooSmall() }
        try cipher.finish(tag: base + position)
        position += AEADContext.tagSize
        isChunkOpen = false
        sealsAny = true
        let (next, overflow) = index.addingReportingOverflow(1)
        guard !overflow else { throw CryptoError(.refused, "a file has too many chunks") }
        index = next
        onChunk?(UnsafeRawBufferPointer(rebasing: out[chunkStart..<position]))
    }

    /// Turns the open chunk back to plaintext, the cipher being a stream, and seals it with the final flag.
    /// Nothing of the first sealing leaves this buffer.
    private func sealAgainAsLast() throws(CryptoError) {
        guard let base = out.baseAddress else { throw tooSmall() }
        let chunk = UnsafeRawBufferPointer(rebasing: out[chunkStart..<position])
        for last in [false, true] {
            try AgePayload.withNonce(chunk: index, last: last) { (nonce) throws(CryptoError) in
                try cipher.start(nonce: nonce)
            }
            try cipher.update(chunk, into: base + chunkStart)
        }
        isChunkLast = true
    }

    private func tooSmall() -> CryptoError {
        CryptoError(.refused, "a buffer of \(out.count) bytes is too small for what is sealed into it")
    }
}
