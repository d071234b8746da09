/// Opens a whole age file from its first byte in one pass, header and armor included, and emits only plaintext
/// that authenticated. Holds one chunk at most, and the header while it arrives: up to 1 MiB. One thread.
public final class AgeStreamOpener {
    /// Whether the file is wrapped in ASCII armor.
    public enum Armor: Sendable {
        /// It is binary.
        case never
        /// It must be armored.
        case required
        /// Its first bytes tell.
        case detect
    }

    /// What the header told, once it has arrived and been opened.
    public private(set) var opening: AgeOpening?

    private enum Stage { case detecting, header, payload, failed }
    private let unlock: AgeUnlock
    private let chunks: ChunkOpener
    private var armor: AgeArmor?
    private var stage: Stage
    private var head: [UInt8] = []
    private var scanned = 0
    private var lineStart = 0
    private var isHeaderWhole = false

    /// Makes an opener for one file. Throws `.internalFailure`.
    public init(_ unlock: AgeUnlock, armor: Armor = .detect) throws(CryptoError) {
        self.unlock = unlock
        chunks = try ChunkOpener()
        switch armor {
        case .never: stage = .header
        case .detect: stage = .detecting
        case .required:
            stage = .header
            self.armor = AgeArmor()
        }
    }

    /// The same with identities.
    public convenience init(identities: [AgeIdentity], armor: Armor = .detect) throws(CryptoError) {
        try self.init(AgeUnlock(identities: identities), armor: armor)
    }

    /// The same with a passphrase.
    public convenience init(passphrase: consuming SecretBytes, armor: Armor = .detect) throws(CryptoError) {
        try self.init(AgeUnlock(passphrase: passphrase), armor: armor)
    }

    /// Takes the file's next bytes. Throws a `CryptoError` of any class of the age vectors, and what `emit`
    /// throws; then it is over. What was emitted before an error is authentic, but not whole.
    public func update(_ bytes: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        try orFail {
            if stage == .detecting {
                head += bytes
                try detect(ended: false, emit)
            } else {
                try take(bytes, emit)
            }
        }
    }

    /// Ends the file. Only when this returned is the plaintext whole.
    public func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        try orFail {
            if stage == .detecting { try detect(ended: true, emit) }
            if var reader = armor {
                try reader.finish { try self.takeBinary($0, emit) }
                armor = reader
            }
            guard stage == .payload else {
                // Says what is missing.
                _ = try AgeOpening.open(header: head, unlock: unlock)
                throw CryptoError(.headerFailure, "the age file ends within its header", needsMore: true)
            }
            try chunks.finish(emit: emit)
            stage = .failed
        }
    }

    private func orFail(_ body: () throws -> Void) throws {
        guard stage != .failed else { throw CryptoError(.refused, "an opener was used after its end") }
        do {
            try body()
        } catch {
            stage = .failed
            throw error
        }
    }

    /// Decides by the first bytes that are not white space.
    private func detect(ended: Bool, _ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        let blank = head.prefix { AgeArmor.isWhitespace($0) }.count
        let text = head.dropFirst(blank)
        let mark = AgeArmor.header.prefix(10)
        let isArmor = text.starts(with: mark)
        let mayBeArmor = text.count < mark.count && mark.starts(with: text) && blank <= AgeArmor.maxWhitespace
        guard isArmor || !mayBeArmor || ended else { return }
        if isArmor { armor = AgeArmor() }
        stage = .header
        let first = head
        head = []
        try first.lend { try take($0, emit) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard var reader = armor else { return try takeBinary(bytes, emit) }
        defer { armor = reader }
        try reader.update(bytes) { try self.takeBinary($0, emit) }
    }

    private func takeBinary(_ bytes: UnsafeRawBufferPointer, _ emit: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard stage == .header else { return try chunks.update(bytes, emit: emit) }
        let room = AgeHeader.limit + AgeFileKey.nonceSize - head.count
        let taken = min(room, bytes.count)
        head += bytes[..<taken]
        let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
        try AgeHeader.checkVersion(head)
        scanForEnd()
        guard isHeaderWhole || taken < bytes.count else { return }
        let file: AgeOpening
        do throws(CryptoError) {
            file = try AgeOpening.open(header: head, unlock: unlock)
        } catch {
            // The header's last line is there; only the nonce may still be on its way.
            if error.needsMore, isHeaderWhole, taken == bytes.count { return }
            throw error
        }
        opening = file
        stage = .payload
        chunks.begin(file, firstChunk: 0, endsFile: true)
        let payload = head[file.prefixLength...]
        try payload.withUnsafeBytes { try chunks.update($0, emit: emit) }
        head = []
        try chunks.update(rest, emit: emit)
    }

    /// Looks for the line that ends the header, each byte once, so that a header that trickles in costs no more.
    private func scanForEnd() {
        while !isHeaderWhole, let end = head[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
            isHeaderWhole = head[lineStart..<end].starts(with: Array("---".utf8))
            lineStart = end + 1
            scanned = end + 1
        }
        if !isHeaderWhole { scanned = head.count }
    }
}
