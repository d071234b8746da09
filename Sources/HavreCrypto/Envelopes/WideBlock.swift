/// EME, ECB-mix-ECB, over AES-256 (Halevi and Rogaway, "A Parallelizable Enciphering Mode", 2003): every bit of a name
/// hangs on every other, and the same name always gives the same bytes. It authenticates nothing.
enum WideBlock {
    /// What EME can take at once.
    static let longest = 128 * BlockCipher.blockSize

    /// Runs whole blocks, 1 to 128, through EME in place.
    static func transform(
        _ text: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer, tweak: UnsafeRawBufferPointer,
        _ direction: AEADContext.Direction
    ) throws(CryptoError) {
        let size = BlockCipher.blockSize
        guard text.count % size == 0, (size...longest).contains(text.count), tweak.count == size else {
            throw CryptoError(.internalFailure, "EME was given \(text.count) bytes")
        }
        let blocks = text.count / size
        var zero = [UInt8](repeating: 0, count: size)
        let sealing = try BlockCipher(.ecb, key: key, iv: [], .seal)
        try zero.lendMutable { (block) throws(CryptoError) in try sealing.transform(block) }
        // Masks hang on the enciphered zero in both directions.
        let first = doubled(zero)
        let cipher = try BlockCipher(.ecb, key: key, iv: [], direction)

        try whiten(text, first, cipher)
        var sum = Array(tweak)
        for place in 0..<text.count { sum[place % size] ^= text[place] }
        var mixed = sum
        try mixed.lendMutable { (block) throws(CryptoError) in try cipher.transform(block) }
        var mask = zip(sum, mixed).map { $0 ^ $1 }
        var head = zip(mixed, tweak).map { $0 ^ $1 }
        for block in 1..<max(1, blocks) {
            mask = doubled(mask)
            for place in 0..<size {
                text[block * size + place] ^= mask[place]
                head[place] ^= text[block * size + place]
            }
        }
        for place in 0..<size { text[place] = head[place] }
        try cipher.transform(text)
        add(first, to: text)
    }

    /// Adds the masks, then enciphers.
    private static func whiten(
        _ text: UnsafeMutableRawBufferPointer, _ first: [UInt8], _ cipher: borrowing BlockCipher
    ) throws(CryptoError) {
        add(first, to: text)
        try cipher.transform(text)
    }

    private static func add(_ first: [UInt8], to text: UnsafeMutableRawBufferPointer) {
        var mask = first
        for start in stride(from: 0, to: text.count, by: mask.count) {
            for place in mask.indices { text[start + place] ^= mask[place] }
            mask = doubled(mask)
        }
    }

    /// Times two in GF(2^128), the first byte being the least.
    private static func doubled(_ block: [UInt8]) -> [UInt8] {
        var result = block
        var carry = (block.last ?? 0) >> 7
        result[0] = block[0] << 1 ^ (0x87 & (0 &- carry))
        for place in 1..<block.count {
            carry = block[place - 1] >> 7
            result[place] = block[place] << 1 | carry
        }
        return result
    }
}
