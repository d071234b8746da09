extension Array where Element == UInt8 {
    /// Lends the bytes; unlike `withUnsafeBytes` it keeps the error's type and can return a `SecretBytes`.
    func lend<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try span.bytes.withUnsafeBytes(body)
    }

    /// Lends the bytes for writing.
    mutating func lendMutable<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try withUnsafeMutableBufferPointer { (buffer) throws(E) -> R in
            try body(UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
