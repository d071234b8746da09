/// Bech32 of BIP 173 without its limit of 90 characters, as age uses it. Works on ASCII bytes, so that a
/// secret never becomes a string.
enum Bech32 {
    enum Fault: Error { case mixedCase, noSeparator, badCharacter, badChecksum, badPadding, badPrefix }

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let checksumSize = 6

    /// Decodes 32 bytes under `prefix` (in lower case) into `out`.
    static func decode(
        _ text: UnsafeRawBufferPointer, prefix: String, into out: UnsafeMutableRawBufferPointer
    ) throws(Fault) {
        let hasLower = text.contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let hasUpper = text.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        guard !(hasLower && hasUpper) else { throw .mixedCase }
        guard let separator = text.lastIndex(of: UInt8(ascii: "1")) else { throw .noSeparator }
        guard text[..<separator].elementsEqual(prefix.utf8, by: { lower($0) == $1 }) else { throw .badPrefix }
        let digits = text[(separator + 1)...]
        guard digits.count == (out.count * 8 + 4) / 5 + checksumSize else { throw .badPadding }

        var sum = checksum(of: prefix)
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        var written = 0
        for (place, character) in digits.enumerated() {
            guard let value = alphabet.firstIndex(of: lower(character)) else { throw .badCharacter }
            sum = step(sum, UInt32(value))
            guard place < digits.count - checksumSize else { continue }
            bits = (bits << 5 | UInt32(value)) & 0xFFFF
            filled += 5
            if filled >= 8 {
                filled -= 8
                out[written] = UInt8(truncatingIfNeeded: bits >> filled)
                written += 1
            }
        }
        guard sum == 1 else { throw .badChecksum }
        guard written == out.count, bits & (1 << filled - 1) == 0 else { throw .badPadding }
    }

    /// How many characters `encode` writes for `count` bytes.
    static func encodedSize(prefix: String, count: Int) -> Int {
        prefix.utf8.count + 1 + (count * 8 + 4) / 5 + checksumSize
    }

    /// Encodes `bytes` under `prefix` (in lower case), `out` being of the size told by `encodedSize`.
    static func encode(
        _ bytes: UnsafeRawBufferPointer, prefix: String, upperCase: Bool, into out: UnsafeMutableRawBufferPointer
    ) {
        var at = 0
        func put(_ character: UInt8) {
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character)
            out[at] = upperCase && isLetter ? character - 32 : character
            at += 1
        }
        var sum = checksum(of: prefix)
        func putDigit(_ value: UInt32) {
            sum = step(sum, value)
            put(alphabet[Int(value)])
        }
        prefix.utf8.forEach(put)
        put(UInt8(ascii: "1"))
        var bits: UInt32 = 0
        var filled: UInt32 = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xFFFF
            filled += 8
            while filled >= 5 {
                filled -= 5
                putDigit(bits >> filled & 31)
            }
        }
        if filled > 0 { putDigit(bits << (5 - filled) & 31) }
        for _ in 0..<checksumSize { sum = step(sum, 0) }
        sum ^= 1
        for place in 0..<UInt32(checksumSize) { put(alphabet[Int(sum >> (5 * (5 - place)) & 31)]) }
    }

    private static func checksum(of prefix: String) -> UInt32 {
        var sum: UInt32 = 1
        for character in prefix.utf8 { sum = step(sum, UInt32(character) >> 5) }
        sum = step(sum, 0)
        for character in prefix.utf8 { sum = step(sum, UInt32(character) & 31) }
        return sum
    }

    /// One step of the BCH code of BIP 173.
    private static func step(_ sum: UInt32, _ value: UInt32) -> UInt32 {
        let generator: [5 of UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
        let top = sum >> 25
        var next = (sum & 0x1FF_FFFF) << 5 ^ value
        for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { next ^= generator[bit] }
        return next
    }

    private static func lower(_ character: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(character) ? character + 32 : character
    }
}
