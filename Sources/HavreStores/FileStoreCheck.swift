import HavreModel

/// CRC-64/NVME of the bytes of one write, as they pass.
struct FileCheck {
    private static let table: [UInt64] = (0..<256).map { byte in
        (0..<8).reduce(UInt64(byte)) { value, _ in
            value & 1 == 1 ? (value >> 1) ^ 0x9a6c_9329_ac4b_c9b5 : value >> 1
        }
    }
    private var register = UInt64.max

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var value = register
        Self.table.withUnsafeBufferPointer { table in
            for byte in bytes { value = table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ (value >> 8) }
        }
        register = value
    }

    var value: UInt64 { ~register }

    /// The value as `Checksum` writes it.
    static func checksum(_ value: UInt64) -> Checksum {
        Checksum(kind: .crc64nvme, value: base64(withUnsafeBytes(of: value.bigEndian) { Array($0) }))
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = UInt32(0)
            for byte in group { word = word << 8 | UInt32(byte) }
            word <<= UInt32(8 * (3 - group.count))
            for position in 0...group.count { text.append(digits[Int(word >> UInt32(18 - 6 * position)) & 63]) }
            text += String(repeating: "=", count: 3 - group.count)
        }
        return text
    }
}
