import CChecksum

/// CRC-64/NVME (NVM Express NVM Command Set Specification, 5.2.1.3.4); S3's `x-amz-checksum-crc64nvme`.
public enum CRC64NVME {
    /// The CRC of what came before, 0 at the start, and of `bytes` behind it.
    public static func update(_ crc: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        havre_crc64nvme(crc, bytes.baseAddress, bytes.count)
    }

    /// The CRC of two runs of bytes, one behind the other, from theirs; `lengthB` bytes are in the second.
    public static func combine(_ crcA: UInt64, _ crcB: UInt64, lengthB: UInt64) -> UInt64 {
        field.shift(crcA, bytes: lengthB) ^ crcB
    }

    private static let field = CRCField<UInt64>(polynomial: 0x9A6C_9329_AC4B_C9B5)
}

/// CRC-32C (RFC 3720, appendix B.4); S3's `x-amz-checksum-crc32c`.
public enum CRC32C {
    /// The CRC of what came before, 0 at the start, and of `bytes` behind it.
    public static func update(_ crc: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        havre_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    /// The CRC of two runs of bytes, one behind the other, from theirs; `lengthB` bytes are in the second.
    public static func combine(_ crcA: UInt32, _ crcB: UInt32, lengthB: UInt64) -> UInt32 {
        field.shift(crcA, bytes: lengthB) ^ crcB
    }

    private static let field = CRCField<UInt32>(polynomial: 0x82F6_3B78)
}

/// Polynomials over GF(2) modulo that of a CRC; the highest bit is the coefficient of x⁰.
private struct CRCField<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    let polynomial: Word

    /// `value` · x^(8·`bytes`): what a CRC becomes when so many zero bytes follow. Inversions at both ends cancel.
    func shift(_ value: Word, bytes: UInt64) -> Word {
        var result = value
        // x⁸, squared for each binary digit of the length.
        var power = Word(1) << (Word.bitWidth - 9)
        var left = bytes
        while left > 0 {
            if left & 1 == 1 { result = product(result, power) }
            power = product(power, power)
            left >>= 1
        }
        return result
    }

    private func product(_ a: Word, _ b: Word) -> Word {
        var sum: Word = 0
        var shifted = b
        for bit in 0..<Word.bitWidth {
            if a >> (Word.bitWidth - 1 - bit) & 1 == 1 { sum ^= shifted }
            shifted = (shifted >> 1) ^ (shifted & 1 == 1 ? polynomial : 0)
        }
        return sum
    }
}
