/// How rclone's crypt writes enciphered names as text.
public enum RcloneEncoding: String, Sendable, CaseIterable {
    /// base32 with the alphabet of RFC 4648's section 7, lower case, unpadded.
    case base32
    /// base64 with `-` and `_`, unpadded.
    case base64
    /// 15 bits a character, for stores that count characters and not bytes.
    case base32768

    private static let digits = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    func encode(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .base32:
            var bits: UInt32 = 0
            var filled: UInt32 = 0
            var text: [UInt8] = []
            for byte in bytes {
                bits = (bits << 8 | UInt32(byte)) & 0xFFFF
                filled += 8
                while filled >= 5 {
                    filled -= 5
                    text.append(Self.digits[Int(bits >> filled & 31)])
                }
            }
            if filled > 0 { text.append(Self.digits[Int(bits << (5 - filled) & 31)]) }
            return text
        case .base64:
            return Base64.encode(bytes, padding: .none).map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            }
        case .base32768: return Base32768.encode(bytes)
        }
    }

    /// nil for anything that `encode` would not write.
    func decode(_ text: [UInt8]) -> [UInt8]? {
        let bytes: [UInt8]?
        switch self {
        case .base32: bytes = Self.decode32(text)
        case .base64:
            guard !text.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }) else { return nil }
            let usual = text.map { byte in
                switch byte {
                case UInt8(ascii: "-"): UInt8(ascii: "+")
                case UInt8(ascii: "_"): UInt8(ascii: "/")
                default: byte
                }
            }
            bytes = Base64.decode(usual, padding: .none)
        case .base32768: bytes = Base32768.decode(text)
        }
        guard let bytes, encode(bytes) == text else { return nil }
        return bytes
    }

    private static func decode32(_ text: [UInt8]) -> [UInt8]? {
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        var bytes: [UInt8] = []
        for byte in text {
            guard let digit = digits.firstIndex(of: byte) else { return nil }
            bits = (bits << 5 | UInt32(digit)) & 0xFFFF
            filled += 5
            if filled >= 8 {
                filled -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> filled))
            }
        }
        return bytes
    }
}

/// 15 bits in each character; the last one, with 7 bits or fewer left, is of a smaller alphabet. Left-over bits are ones.
/// The alphabet is 1,024 and 4 blocks of 32 code points that no store and no normalisation touches.
private enum Base32768 {
    /// Runs of blocks: the first one's number (code point / 32) and how many follow on each other.
    private static let runs: [(first: UInt16, count: UInt16)] = [
        (37, 1), (40, 1), (52, 2), (59, 2), (62, 1), (128, 1), (133, 1), (136, 3), (140, 1), (143, 3), (147, 1),
        (151, 1), (153, 1), (157, 2), (161, 18), (181, 2), (188, 1), (193, 2), (198, 1), (204, 1), (207, 1), (209, 1),
        (222, 1), (224, 1), (232, 1), (271, 1), (278, 1), (282, 5), (288, 1), (296, 19), (316, 2), (320, 12), (333, 1),
        (337, 2), (340, 2), (343, 4), (352, 1), (356, 3), (360, 1), (362, 1), (373, 2), (398, 1), (416, 205),
        (622, 656), (1280, 36), (1317, 1), (1320, 8), (1330, 1), (1333, 2), (1336, 3), (1340, 1), (1346, 1),
    ]
    private static let long: [UInt16] = runs.flatMap { run in (0..<run.count).map { run.first + $0 } }
    private static let short: [UInt16] = [12, 18, 19, 20]
    /// Of a block, its place: in `long`, or behind it in `short`.
    private static let places: [UInt16: Int] = Dictionary(
        uniqueKeysWithValues: (long + short).enumerated().map { ($1, $0) })

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        var text = String.UnicodeScalarView()
        func append(_ block: UInt16, _ low: UInt32) {
            if let scalar = Unicode.Scalar(UInt32(block) << 5 | low & 31) { text.append(scalar) }
        }
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFF_FFFF
            filled += 8
            guard filled >= 15 else { continue }
            filled -= 15
            let value = bits >> filled & 0x7FFF
            append(long[Int(value >> 5)], value)
        }
        if filled > 0 {
            let room: UInt32 = filled <= 7 ? 7 : 15
            let value = (bits << (room - filled) | (1 << (room - filled) - 1)) & (1 << room - 1)
            append(room == 7 ? short[Int(value >> 5)] : long[Int(value >> 5)], value)
        }
        return Array(String(text).utf8)
    }

    /// nil for other characters; the caller compares with what `encode` writes.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard let text = String(validating: text, as: UTF8.self) else { return nil }
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard scalar.value <= 0xFFFF, let place = places[UInt16(scalar.value >> 5)] else { return nil }
            let isShort = place >= long.count
            let value = UInt32(isShort ? place - long.count : place) << 5 | scalar.value & 31
            bits = bits << (isShort ? 7 : 15) | value
            filled += isShort ? 7 : 15
            while filled >= 8 {
                filled -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> filled))
            }
            bits &= 1 << filled - 1
        }
        return bytes
    }
}
