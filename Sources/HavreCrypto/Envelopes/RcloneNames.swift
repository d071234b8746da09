public import HavreModel

/// How rclone's crypt names files: pure, both ways.
///
/// Each segment between `/` stands for itself. The mapping is read strictly: a stored name that rclone would not write for
/// the plain name it opens to is refused, so that two stored names never stand for one plain one. Nothing authenticates a
/// name: who can write to the source can swap the names of two files of one directory key.
public struct RcloneNames: Sendable {
    /// `filename_encryption`.
    public enum Mode: Sendable, Hashable {
        /// Each segment enciphered.
        case standard
        /// Letters and digits rotated; hides a name from programs, not from people.
        case obfuscate
        /// Names as they are, with a suffix (`.bin` is rclone's own; empty for its `none`).
        case off(suffix: String)
    }

    private let mode: Mode
    private let encoding: RcloneEncoding
    private let directories: Bool
    private let keys: RcloneKeys

    /// Options as in rclone: `filename_encryption`, `filename_encoding`, `directory_name_encryption`.
    public init(keys: RcloneKeys, mode: Mode = .standard, encoding: RcloneEncoding = .base32, directories: Bool = true)
    {
        self.keys = keys
        self.mode = mode
        self.encoding = encoding
        self.directories = directories
    }

    /// The key at the store. Throws `.refused` for a segment that rclone cannot name: longer than 2,047 bytes.
    public func stored(_ plain: ObjectKey) throws(CryptoError) -> ObjectKey {
        if case .off(let suffix) = mode { return ObjectKey(plain.bytes + Array(suffix.utf8)) }
        return try mapped(plain) { (segment) throws(CryptoError) in try stored(segment) }
    }

    /// What the stored keys under a directory begin with; `directory` ends with `/`.
    public func storedDirectory(_ directory: ObjectKey) throws(CryptoError) -> ObjectKey {
        if case .off = mode { return directory }
        return try mapped(directory) { (segment) throws(CryptoError) in try stored(segment) }
    }

    /// The key that a stored one stands for. Throws `.noMatch` where it is none of this remote's.
    public func plain(_ stored: ObjectKey) throws(CryptoError) -> ObjectKey {
        if case .off(let suffix) = mode {
            let end = Array(suffix.utf8)
            guard stored.bytes.count > end.count, stored.bytes.suffix(end.count) == end[...] else {
                throw Self.refusal(stored, "it does not end with \(quoted(suffix))")
            }
            return ObjectKey(Array(stored.bytes.dropLast(end.count)))
        }
        return try mapped(stored) { (segment) throws(CryptoError) in
            guard let plain = try plain(segment), try self.stored(plain) == segment else {
                throw Self.refusal(
                    stored, "it was written under another password, in another way, or not by rclone's crypt")
            }
            return plain
        }
    }

    private static func refusal(_ key: ObjectKey, _ why: String) -> CryptoError {
        CryptoError(.noMatch, "the name \(key) is none of this crypt remote: \(why)")
    }

    /// Maps what is enciphered of a key: all segments or the last one, without a version in it.
    private func mapped(
        _ key: ObjectKey, _ map: ([UInt8]) throws(CryptoError) -> [UInt8]
    ) throws(CryptoError) -> ObjectKey {
        let segments = key.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var result: [UInt8] = []
        for (place, segment) in segments.enumerated() {
            let isLast = place == segments.count - 1
            if place > 0 { result.append(UInt8(ascii: "/")) }
            // rclone leaves an empty segment as it is.
            if segment.isEmpty || (!directories && !isLast) {
                result += segment
            } else if isLast, let version = RcloneVersion(Array(segment)) {
                result += version.added(to: version.name.isEmpty ? [] : try map(version.name))
            } else {
                result += try map(Array(segment))
            }
        }
        return ObjectKey(result)
    }

    private func stored(_ segment: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard mode == .standard else { return RcloneRotation(keys).stored(segment) }
        let block = BlockCipher.blockSize
        let padding = block - segment.count % block
        guard segment.count + padding <= WideBlock.longest else {
            throw CryptoError(.refused, "rclone's crypt cannot name a file of \(segment.count) bytes between two `/`")
        }
        var text = segment + [UInt8](repeating: UInt8(padding), count: padding)
        try transform(&text, .seal)
        return encoding.encode(text)
    }

    /// nil for what nothing opens to.
    private func plain(_ segment: [UInt8]) throws(CryptoError) -> [UInt8]? {
        let plain: [UInt8]
        switch mode {
        case .standard:
            guard var text = encoding.decode(segment), !text.isEmpty, text.count % BlockCipher.blockSize == 0,
                text.count <= WideBlock.longest
            else { return nil }
            try transform(&text, .open)
            let padding = Int(text.last ?? 0)
            guard (1...BlockCipher.blockSize).contains(padding), text.suffix(padding).allSatisfy({ $0 == padding })
            else {
                return nil
            }
            plain = Array(text.dropLast(padding))
        case .obfuscate, .off:
            guard let text = RcloneRotation(keys).plain(segment) else { return nil }
            plain = text
        }
        // By chance a name of another remote opens to something; what no file is called is none.
        guard !plain.isEmpty, !plain.contains(UInt8(ascii: "/")), !plain.contains(0) else { return nil }
        return plain
    }

    private func transform(_ text: inout [UInt8], _ direction: AEADContext.Direction) throws(CryptoError) {
        try keys.withNameKey { (key, tweak) throws(CryptoError) in
            try text.lendMutable { (bytes) throws(CryptoError) in
                try WideBlock.transform(bytes, key: key, tweak: tweak, direction)
            }
        }
    }
}

/// A version of a file in its name, `-v2006-01-02-150405-000` before the ending, which rclone keeps readable.
private struct RcloneVersion {
    private static let pattern = Array("-v0000-00-00-000000-000".utf8)
    let mark: [UInt8]
    let name: [UInt8]

    /// nil where the name bears no version.
    init?(_ segment: [UInt8]) {
        let dot = segment.lastIndex(of: UInt8(ascii: ".")) ?? segment.count
        let start = dot - Self.pattern.count
        guard start >= 0 else { return nil }
        let mark = Array(segment[start..<dot])
        for (byte, sign) in zip(mark, Self.pattern) {
            guard sign == UInt8(ascii: "0") ? byte.isDigit : byte == sign else { return nil }
        }
        func number(_ range: Range<Int>) -> Int { mark[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (year, month, day) = (number(2..<6), number(7..<9), number(10..<12))
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...days[month - 1]).contains(day), number(13..<15) < 24, number(15..<17) < 60,
            number(17..<19) < 60
        else { return nil }
        self.mark = mark
        name = Array(segment[..<start] + segment[dot...])
    }

    func added(to name: [UInt8]) -> [UInt8] {
        let dot = name.lastIndex(of: UInt8(ascii: ".")) ?? name.count
        return name[..<dot] + mark + name[dot...]
    }
}

/// rclone's obfuscation of names.
private struct RcloneRotation {
    private static let quote: Unicode.Scalar = "!"
    private let turn: Int

    init(_ keys: RcloneKeys) { turn = keys.withNameKey { key, _ in key.reduce(0) { $0 + Int($1) } } }

    func stored(_ segment: [UInt8]) -> [UInt8] {
        guard let text = String(validating: segment, as: UTF8.self) else { return Array("!.".utf8) + segment }
        let sum = text.unicodeScalars.reduce(0) { $0 + Int($1.value) } % 256
        var result = String.UnicodeScalarView("\(sum).".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == Self.quote {
                result.append(contentsOf: [Self.quote, Self.quote])
            } else if let rotated = rotated(scalar, by: sum + turn) {
                result.append(rotated)
            } else {
                result.append(contentsOf: [Self.quote, scalar])
            }
        }
        return Array(String(result).utf8)
    }

    /// nil for what no name is stored as.
    func plain(_ segment: [UInt8]) -> [UInt8]? {
        guard let dot = segment.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let rest = Array(segment[(dot + 1)...])
        if segment[..<dot] == [UInt8(ascii: "!")] { return rest }
        guard (1...3).contains(dot), segment[..<dot].allSatisfy(\.isDigit),
            let text = String(validating: rest, as: UTF8.self)
        else { return nil }
        let sum = segment[..<dot].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        var result = String.UnicodeScalarView()
        var isQuoted = false
        for scalar in text.unicodeScalars {
            if isQuoted {
                result.append(scalar)
                isQuoted = false
            } else if scalar == Self.quote {
                isQuoted = true
            } else {
                guard let turned = rotated(scalar, by: sum + turn, back: true) else { return nil }
                result.append(turned)
            }
        }
        return isQuoted ? nil : Array(String(result).utf8)
    }

    /// nil where no character stands there.
    private func rotated(_ scalar: Unicode.Scalar, by sum: Int, back: Bool = false) -> Unicode.Scalar? {
        let value = Int(scalar.value)
        func turned(_ place: Int, of count: Int, by turn: Int) -> Int {
            (place + (back ? count - turn % count : turn)) % count
        }
        let result: Int
        switch scalar.value {
        case 0x30...0x39: result = 0x30 + turned(value - 0x30, of: 10, by: sum % 9 + 1)
        case 0x41...0x5A, 0x61...0x7A:
            let place = turned(value >= 0x61 ? value - 0x61 + 26 : value - 0x41, of: 52, by: sum % 25 + 1)
            result = place >= 26 ? 0x61 + place - 26 : 0x41 + place
        case 0xA0...0xFF: result = 0xA0 + turned(value - 0xA0, of: 96, by: sum % 95 + 1)
        case 0x100...: result = value - value % 256 + turned(value % 256, of: 256, by: sum % 127 + 1)
        default: return scalar
        }
        return Unicode.Scalar(UInt32(result))
    }
}
