/// The head of a log as C2SP `tlog-checkpoint` writes it: origin, size, root, one a line.
///
/// For the journal, size is the number of events and root the last hash of the chain.
public struct Checkpoint: Hashable, Sendable {
    /// Names the log; no line breaks.
    public var origin: String
    /// Entries.
    public var size: UInt64
    /// The root or head, 32 bytes.
    public var root: [UInt8]
    /// Further lines, not empty.
    public var extensions: [String]

    /// States a head.
    public init(origin: String, size: UInt64, root: [UInt8], extensions: [String] = []) {
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// The text that is signed.
    public var body: String {
        ([origin, String(size), Base64.encode(root)] + extensions).map { $0 + "\n" }.joined()
    }

    /// Reads the text of a note; throws `NoteError` with the line at fault.
    public init(body: String) throws(NoteError) {
        var lines = body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count >= 4, lines.removeLast().isEmpty else {
            throw NoteError(line: max(1, lines.count), expected: "origin, size and root, each on a line")
        }
        guard !lines[0].isEmpty else { throw NoteError(line: 1, expected: "the log's origin") }
        guard let size = UInt64(lines[1]), String(size) == lines[1] else {
            throw NoteError(line: 2, expected: "the number of entries in decimal")
        }
        guard let root = Base64.decode(lines[2]), !root.isEmpty else {
            throw NoteError(line: 3, expected: "the root hash in base64")
        }
        if let empty = lines.dropFirst(3).firstIndex(where: \.isEmpty) {
            throw NoteError(line: empty + 1, expected: "an extension line that is not empty")
        }
        self.init(origin: lines[0], size: size, root: root, extensions: Array(lines.dropFirst(3)))
    }
}

/// A note or checkpoint that cannot be read.
public struct NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// What was expected there.
    public let expected: String
    public var description: String { "line \(line): expected \(expected)" }
}

/// A text and its signatures as C2SP `signed-note` writes them. Signing and checking are injected.
public struct SignedNote: Hashable, Sendable {
    /// One signature line.
    public struct Signature: Hashable, Sendable {
        /// The key's name: not empty, no white space, no `+`.
        public var name: String
        /// The first four bytes of SHA-256(name ‖ LF ‖ type ‖ public key), see `keyID(name:type:publicKey:hash:)`.
        public var keyID: [UInt8]
        /// The signature.
        public var bytes: [UInt8]

        /// Makes a signature line.
        public init(name: String, keyID: [UInt8], bytes: [UInt8]) {
            self.name = name
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    /// The type byte of an Ed25519 key.
    public static let ed25519: UInt8 = 1
    /// Notes above this are refused.
    public static let largest = 1 << 20
    /// More signatures are refused.
    public static let mostSignatures = 100

    /// What is signed; ends with a line break.
    public var text: String
    /// By whom.
    public var signatures: [Signature]

    /// A note without signatures yet.
    public init(text: String, signatures: [Signature] = []) {
        self.text = text
        self.signatures = signatures
    }

    /// The id of a key under a name.
    public static func keyID(
        name: String, type: UInt8, publicKey: [UInt8], hash: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        Array(hash(Array(name.utf8) + [0x0a, type] + publicKey).prefix(4))
    }

    /// Adds a signature over the text; `sign` gives the raw signature of what it gets.
    public mutating func sign<Failure: Error>(
        name: String, keyID: [UInt8], with sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        signatures.append(Signature(name: name, keyID: keyID, bytes: try sign(Array(text.utf8))))
    }

    /// Whether one of the signatures is of this key and holds. Unknown keys are passed over, as the format asks;
    /// one line of this key that does not hold spoils the note.
    public func isSigned(name: String, keyID: [UInt8], check: (_ text: [UInt8], _ signature: [UInt8]) -> Bool) -> Bool {
        let own = signatures.filter { $0.name == name && $0.keyID == keyID }
        let bytes = Array(text.utf8)
        return !own.isEmpty && own.allSatisfy { check(bytes, $0.bytes) }
    }

    /// The note as it is kept and sent.
    public var encoded: String {
        text + "\n"
            + signatures.map { "\u{2014} \($0.name) \(Base64.encode($0.keyID + $0.bytes))\n" }.joined()
    }

    /// Reads a note; signatures are not checked by it.
    public init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.largest else {
            throw NoteError(line: 1, expected: "a note of at most \(Self.largest) bytes")
        }
        guard let all = String(validating: bytes, as: UTF8.self) else {
            throw NoteError(line: 1, expected: "UTF-8")
        }
        let lines = all.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.utf8.contains(where: { $0 < 0x20 }) {
            throw NoteError(line: index + 1, expected: "no control characters")
        }
        // The last empty line parts text from signatures.
        guard lines.last?.isEmpty == true, let blank = lines.dropLast().lastIndex(where: \.isEmpty), blank > 0 else {
            throw NoteError(line: lines.count, expected: "a text, an empty line and signatures, ended by a line break")
        }
        let block = lines[(blank + 1)..<(lines.count - 1)]
        guard !block.isEmpty, block.count <= Self.mostSignatures else {
            throw NoteError(line: blank + 2, expected: "1 to \(Self.mostSignatures) signatures")
        }
        var signatures: [Signature] = []
        for (index, line) in zip(block.indices, block) {
            let fields = line.split(separator: " ", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == "\u{2014}", Self.isName(fields[1]),
                let decoded = Base64.decode(fields[2]), decoded.count > 4
            else {
                throw NoteError(line: index + 1, expected: "`\u{2014} name base64` with a key id and a signature")
            }
            signatures.append(
                Signature(name: String(fields[1]), keyID: Array(decoded[..<4]), bytes: Array(decoded[4...])))
        }
        self.init(text: lines[..<blank].map { $0 + "\n" }.joined(), signatures: signatures)
    }

    private static func isName(_ name: Substring) -> Bool {
        !name.isEmpty && !name.contains { $0.isWhitespace || $0 == "+" }
    }
}
