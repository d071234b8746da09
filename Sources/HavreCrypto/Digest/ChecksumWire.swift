public import HavreModel

extension CiphertextChecksums {
    /// The value of one kind as it goes over the wire: base64 of the big-endian bytes; nil where it is not computed.
    /// Sources: AWS "Checking object integrity" for the CRCs, RFC 1864 for Content-MD5.
    public func wire(_ kind: Checksum.Kind) -> String? {
        func text(_ value: some FixedWidthInteger) -> String {
            Base64.text(withUnsafeBytes(of: value.bigEndian) { Array($0) })
        }
        switch kind {
        case .crc64nvme: return crc64nvme.map { text($0) }
        case .crc32c: return crc32c.map { text($0) }
        case .contentMD5: return md5.map { Base64.text($0) }
        case .none: return nil
        }
    }
}

extension CiphertextDigester {
    /// All checksums of a few bytes at once.
    public static func checksums(of bytes: UnsafeRawBufferPointer) throws(CryptoError) -> CiphertextChecksums {
        let digester = try CiphertextDigester(crc64: true, crc32c: true, md5: true, tag: nil)
        try digester.begin()
        try digester.update(bytes)
        return try digester.finish().0
    }
}
