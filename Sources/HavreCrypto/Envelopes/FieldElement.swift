/// An element of GF(2^128) as GHASH counts: the first bit of the first byte is the coefficient of x^0
/// (NIST SP 800-38D, section 6.3). No branch and no table depends on a value.
struct FieldElement: Hashable {
    private var high: UInt64
    private var low: UInt64

    static let zero = FieldElement(high: 0, low: 0)
    /// The neutral element of multiplication.
    static let one = FieldElement(high: 1 << 63, low: 0)

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 16 bytes.
    init(_ bytes: some Collection<UInt8>) {
        self = .zero
        for (place, byte) in bytes.prefix(16).enumerated() {
            let shifted = UInt64(byte) << UInt64(56 - 8 * (place % 8))
            if place < 8 { high |= shifted } else { low |= shifted }
        }
    }

    /// The last block of GHASH: bits of associated data, bits of ciphertext.
    init(associated: UInt64, ciphertext: UInt64) {
        high = associated << 3
        low = ciphertext << 3
    }

    /// As 16 bytes.
    var bytes: [UInt8] {
        (0..<16).map { place in
            let word = place < 8 ? high : low
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (place % 8)))
        }
    }

    /// Addition, which is its own inverse.
    static func + (left: FieldElement, right: FieldElement) -> FieldElement {
        FieldElement(high: left.high ^ right.high, low: left.low ^ right.low)
    }

    static func * (left: FieldElement, right: FieldElement) -> FieldElement {
        var product = zero
        var power = right
        for place in 0..<128 {
            let word = place < 64 ? left.high : left.low
            let mask = 0 &- (word >> UInt64(63 - place % 64) & 1)
            product.high ^= power.high & mask
            product.low ^= power.low & mask
            let carry = 0 &- (power.low & 1)
            power.low = power.low >> 1 | power.high << 63
            power.high = power.high >> 1 ^ (0xE1 << 56 & carry)
        }
        return product
    }

    /// This to the power of `exponent`, which is no secret.
    func power(_ exponent: UInt64) -> FieldElement {
        var result = FieldElement.one
        var square = self
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * square }
            square = square * square
            rest >>= 1
        }
        return result
    }
}
