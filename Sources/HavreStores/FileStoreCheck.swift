import HavreCrypto
import HavreModel

/// CRC-64/NVME of the bytes of one write, as they pass.
struct FileCheck {
    private(set) var value: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) { value = CRC64NVME.update(value, bytes) }

    /// The value as `Checksum` writes it.
    static func checksum(_ value: UInt64) -> Checksum {
        Checksum(kind: .crc64nvme, value: Base64.text(withUnsafeBytes(of: value.bigEndian) { Array($0) }))
    }
}
