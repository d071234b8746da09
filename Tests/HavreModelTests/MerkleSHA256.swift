/// FIPS 180-4, for tests only: the hash of trees and manifests is injected.
enum SHA256 {
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The first 32 bits of the fractional part of the cube root, exactly: integer cube root of p · 2^96.
            var low: UInt64 = 0
            var high: UInt64 = 1 << 36
            while low < high {
                let middle = (low + high + 1) / 2
                let square = middle.multipliedFullWidth(by: middle)
                // middle³ ≤ p · 2^96, compared in 192 bits cut to three words.
                let first = square.low.multipliedFullWidth(by: middle)
                let second = square.high.multipliedFullWidth(by: middle)
                let (word1, carry) = first.high.addingReportingOverflow(second.low)
                let word2 = second.high + (carry ? 1 : 0)
                let limit1 = prime << 32
                let isAtMost = word2 == 0 && (word1 < limit1 || (word1 == limit1 && first.low == 0))
                if isAtMost { low = middle } else { high = middle - 1 }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }()

    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
        ]
        var data = message
        data.append(0x80)
        while data.count % 64 != 56 { data.append(0) }
        data += withUnsafeBytes(of: (UInt64(message.count) * 8).bigEndian) { Array($0) }
        func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value >> by | value << (32 - by) }
        var w = [UInt32](repeating: 0, count: 64)
        for start in stride(from: 0, to: data.count, by: 64) {
            for i in 0..<16 {
                let at = start + 4 * i
                w[i] =
                    UInt32(data[at]) << 24 | UInt32(data[at + 1]) << 16 | UInt32(data[at + 2]) << 8
                    | UInt32(data[at + 3])
            }
            for i in 16..<64 {
                let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3)
                let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10)
                w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for i in 0..<64 {
                let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ constants[i] &+ w[i]
                let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ value }
        }
        return state.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    }
}

/// A generator whose seed is printed, so that a run can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
