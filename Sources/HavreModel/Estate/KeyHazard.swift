/// What about a key a store may fold, refuse or make collide. `doctor` probes each at a target;
/// keys with a hazard that the target does not keep are `blocked` at plan time, never renamed (invariant 7).
public enum KeyHazard: String, Hashable, Sendable, Codable, CaseIterable {
    /// The empty key.
    case empty
    /// `//` anywhere.
    case doubleSlash
    /// `/` at the start.
    case leadingSlash
    /// `/` at the end.
    case trailingSlash
    /// `\` anywhere.
    case backslash
    /// A component `.` or `..`.
    case dotSegment
    /// NUL anywhere.
    case nul
    /// LF or CR anywhere.
    case newline
    /// Another byte below 0x20, or 0x7f.
    case control
    /// Bytes that are not UTF-8.
    case notUTF8
    /// A space or dot at the end of a component.
    case trailingSpace
    /// `+`, `%`, `;`, `=`, `&`, `?`, `#`, quotes and the like: what a URL must escape.
    case reserved
    /// Characters outside ASCII.
    case nonASCII
    /// A component of more than 255 bytes.
    case longComponent
    /// More than 900 bytes in all; S3 allows 1,024.
    case longKey
    /// More than 1,024 bytes in all.
    case overlongKey
    /// This key and another that goes on with `/` behind it: a file cannot be a directory.
    case shadowed

    /// The hazards that `key` carries by itself; `.shadowed` needs its neighbours and is never among them.
    public static func of(_ key: ObjectKey) -> Set<KeyHazard> {
        let bytes = key.bytes
        guard let first = bytes.first, let last = bytes.last else { return [.empty] }
        // The common case, decided in one pass without allocation.
        var plain = bytes.count <= 255 && first != 0x2f && last != 0x2f
        if plain {
            var previous: UInt8 = 0x2f
            for byte in bytes {
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: break
                case 0x2e: if previous == 0x2f { plain = false }
                case 0x2f: if previous == 0x2f || previous == 0x2e { plain = false }
                default: plain = false
                }
                previous = byte
            }
            if plain && last != 0x2e { return [] }
        }
        var found: Set<KeyHazard> = []
        if first == 0x2f { found.insert(.leadingSlash) }
        if last == 0x2f { found.insert(.trailingSlash) }
        if bytes.count > 900 { found.insert(.longKey) }
        if bytes.count > 1024 { found.insert(.overlongKey) }
        var component: [UInt8] = []
        func close(_ component: [UInt8]) {
            if component == [0x2e] || component == [0x2e, 0x2e] { found.insert(.dotSegment) }
            if component.count > 255 { found.insert(.longComponent) }
            if let end = component.last, end == 0x20 || end == 0x2e { found.insert(.trailingSpace) }
        }
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 0x2f {
                if previous == 0x2f { found.insert(.doubleSlash) }
                close(component)
                component.removeAll(keepingCapacity: true)
            } else {
                component.append(byte)
            }
            switch byte {
            case 0x5c: found.insert(.backslash)
            case 0: found.insert(.nul)
            case 0x0a, 0x0d: found.insert(.newline)
            case 0x01..<0x20, 0x7f: found.insert(.control)
            case 0x80...: found.insert(.nonASCII)
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f, 0x20: break
            default: found.insert(.reserved)
            }
            previous = byte
        }
        close(component)
        if found.contains(.nonASCII), key.text == nil { found.insert(.notUTF8) }
        return found
    }
}
