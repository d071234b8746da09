/// The name of an object inside a location: opaque bytes, never normalised.
///
/// Keys order by their bytes, which is the order of S3 listings (S3 API, ListObjectsV2).
public struct ObjectKey: Hashable, Sendable, Comparable {
    /// The bytes as the store gave them.
    public let bytes: [UInt8]

    /// Wraps bytes as they are.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The UTF-8 bytes of `text`.
    public init(_ text: String) { bytes = Array(text.utf8) }

    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// This key with `prefix` put before it.
    public func prefixed(by prefix: ObjectKey) -> ObjectKey { ObjectKey(prefix.bytes + bytes) }

    /// What remains behind `prefix`, or nil where the key does not begin with it.
    public func dropping(prefix: ObjectKey) -> ObjectKey? {
        bytes.starts(with: prefix.bytes) ? ObjectKey(Array(bytes.dropFirst(prefix.bytes.count))) : nil
    }

    /// The key as text where it is valid UTF-8, else nil.
    public var text: String? { String(validating: bytes, as: UTF8.self) }
}

extension ObjectKey: CustomStringConvertible {
    /// The key for a person: printable UTF-8 as it is; control characters, a backslash
    /// and bytes that are not UTF-8 as `\xNN`, so that two keys never print alike.
    public var description: String {
        func escaped(_ byte: UInt8) -> String {
            let hex = String(byte, radix: 16)
            return "\\x" + (hex.count == 1 ? "0" + hex : hex)
        }
        guard let text else {
            return bytes.map { (0x20..<0x7f).contains($0) && $0 != 0x5c ? String(UnicodeScalar($0)) : escaped($0) }
                .joined()
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                result += String(scalar).utf8.map(escaped).joined()
            default:
                result += scalar == "\\" ? escaped(0x5c) : String(scalar)
            }
        }
        return result
    }
}
