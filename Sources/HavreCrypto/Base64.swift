/// Base64 of RFC 4648, section 4, canonical: the bits left over are zero, and padding is as asked.
public enum Base64 {
    /// Whether text is filled up with `=` to a multiple of four.
    public enum Padding: Sendable { case none, required }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes as ASCII.
    public static func encode(_ bytes: [UInt8], padding: Padding) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var at = 0
        while at < bytes.count {
            let left = bytes.count - at
            let group =
                UInt32(bytes[at]) << 16 | (left > 1 ? UInt32(bytes[at + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[at + 2]) : 0)
            let digits = min(left, 3) + 1
            for digit in 0..<digits { text.append(alphabet[Int(group >> UInt32(18 - 6 * digit)) & 63]) }
            if padding == .required { for _ in digits..<4 { text.append(UInt8(ascii: "=")) } }
            at += 3
        }
        return text
    }

    /// Encodes as a string; for what is no secret.
    public static func text(_ bytes: [UInt8], padding: Padding = .required) -> String {
        String(decoding: encode(bytes, padding: padding), as: UTF8.self)
    }

    /// Decodes ASCII; nil for anything that `encode` would not write.
    public static func decode(_ text: some Collection<UInt8>, padding: Padding) -> [UInt8]? {
        let text = Array(text)
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        let count = text.withUnsafeBytes { source in
            bytes.withUnsafeMutableBytes { decode(source, padding: padding, into: $0) }
        }
        guard let count else { return nil }
        bytes.removeSubrange(count...)
        return bytes
    }

    /// Decodes a secret, padding required; nil for anything that `encode` would not write.
    public static func decodeSecret(_ text: UnsafeRawBufferPointer) -> SecretBytes? {
        let scratch = SecretBytes(count: text.count / 4 * 3 + 3) { out in
            out.initializeMemory(as: UInt8.self, repeating: 0)
            let written = decode(text, padding: .required, into: out)
            // The last byte, beyond what any text fills, tells how many of the three before it are void.
            out[out.count - 1] = UInt8(written.map { out.count - $0 } ?? 0)
        }
        return scratch.withBytes { all in
            guard let void = all.last, void > 0 else { return nil }
            return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: all[..<(all.count - Int(void))]))
        }
    }

    /// Decodes into `out`, which holds three bytes for each group of four begun; returns how many were written.
    static func decode(
        _ text: UnsafeRawBufferPointer, padding: Padding, into out: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var digits = text.count
        if padding == .required {
            guard digits % 4 == 0 else { return nil }
            var padded = 0
            while padded < 2, digits > 0, text[digits - 1] == UInt8(ascii: "=") {
                digits -= 1
                padded += 1
            }
        }
        guard digits % 4 != 1, digits / 4 * 3 + max(0, digits % 4 - 1) <= out.count else { return nil }
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        var written = 0
        for at in 0..<digits {
            guard let value = value(of: text[at]) else { return nil }
            bits = (bits << 6 | value) & 0xFFFFFF
            filled += 6
            if filled >= 8 {
                filled -= 8
                out[written] = UInt8(truncatingIfNeeded: bits >> filled)
                written += 1
            }
        }
        guard bits & (1 << filled - 1) == 0 else { return nil }
        return written
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
