public import HavreModel

/// A glob over the bytes of a key: `*` any run without `/`, `**` any run, `?` one character other than `/`,
/// `[a-z]` and `[!a-z]` one byte of a class, `\x` the character itself. A pattern without `/` matches the last
/// component, as in `.gitignore` and rclone; one that begins with `/` matches from the location's prefix on.
public struct Glob: Hashable, Sendable {
    private enum Token: Hashable {
        case byte(UInt8)
        /// One byte that begins a character.
        case one
        /// The bytes that go on with a character.
        case tail
        case run
        case any
        case set([ClosedRange<UInt8>], negated: Bool)
    }

    private let tokens: [Token]

    /// What is wrong with a pattern.
    public struct Malformed: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    /// Reads a pattern; throws where a class or an escape does not end.
    public init(_ pattern: String) throws(Malformed) {
        var bytes = Array(pattern.utf8)[...]
        guard !bytes.isEmpty else { throw Malformed(description: "an empty pattern matches nothing") }
        var tokens: [Token] = []
        if bytes.first == 0x2f {
            bytes = bytes.dropFirst()
        } else if !bytes.contains(0x2f) {
            tokens = [.any]
        }
        let anchored = tokens.isEmpty
        while let byte = bytes.popFirst() {
            switch byte {
            case 0x2a:
                if bytes.first == 0x2a {
                    bytes = bytes.dropFirst()
                    tokens.append(.any)
                    // `**/` also matches nothing at all, so that `a/**/b` finds `a/b`.
                    if bytes.first == 0x2f, tokens.count == 1 || tokens[tokens.count - 2] == .byte(0x2f) {
                        bytes = bytes.dropFirst()
                    }
                } else {
                    tokens.append(.run)
                }
            case 0x3f: tokens += [.one, .tail]
            case 0x5c:
                guard let next = bytes.popFirst() else {
                    throw Malformed(description: "\(pattern) ends with a backslash")
                }
                tokens.append(.byte(next))
            case 0x5b: tokens.append(try Self.set(&bytes, pattern))
            default: tokens.append(.byte(byte))
            }
        }
        self.tokens = tokens
        self.basename = !anchored
    }

    private let basename: Bool

    private static func set(_ bytes: inout ArraySlice<UInt8>, _ pattern: String) throws(Malformed) -> Token {
        var ranges: [ClosedRange<UInt8>] = []
        let negated = bytes.first == 0x21 || bytes.first == 0x5e
        if negated { bytes = bytes.dropFirst() }
        var first = true
        while let byte = bytes.popFirst() {
            if byte == 0x5d && !first { return .set(ranges, negated: negated) }
            first = false
            if bytes.first == 0x2d, let end = bytes.dropFirst().first, end != 0x5d {
                guard byte <= end else { throw Malformed(description: "\(pattern) has a class that runs backwards") }
                bytes = bytes.dropFirst(2)
                ranges.append(byte...end)
            } else {
                ranges.append(byte...byte)
            }
        }
        throw Malformed(description: "\(pattern) has a class without its closing bracket")
    }

    /// Whether the whole key matches. Linear in pattern × key: at most one choice is open at a time for each kind of star.
    public func matches(_ key: ObjectKey) -> Bool {
        let bytes = key.bytes
        if basename {
            let start = bytes.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
            return Self.match(tokens.dropFirst(), bytes[start...])
        }
        return Self.match(tokens[...], bytes[...])
    }

    /// A set of positions moves through the tokens at once, so that no pattern explodes.
    private static func match(_ tokens: ArraySlice<Token>, _ bytes: ArraySlice<UInt8>) -> Bool {
        let list = Array(tokens)
        let count = list.count
        var states = [Bool](repeating: false, count: count + 1)
        var next = states
        func close(_ states: inout [Bool]) {
            for index in 0..<count where states[index] {
                switch list[index] {
                case .run, .any, .tail: states[index + 1] = true
                case .byte, .one, .set: break
                }
            }
        }
        states[0] = true
        close(&states)
        for byte in bytes {
            for index in 0...count { next[index] = false }
            var alive = false
            for index in 0..<count where states[index] {
                let to: Int?
                switch list[index] {
                case .byte(let wanted): to = byte == wanted ? index + 1 : nil
                case .one: to = byte != 0x2f && byte & 0xc0 != 0x80 ? index + 1 : nil
                case .tail: to = byte & 0xc0 == 0x80 ? index : nil
                case .run: to = byte != 0x2f ? index : nil
                case .any: to = index
                case .set(let ranges, let negated):
                    to = byte != 0x2f && ranges.contains { $0.contains(byte) } != negated ? index + 1 : nil
                }
                if let to {
                    next[to] = true
                    alive = true
                }
            }
            guard alive else { return false }
            close(&next)
            swap(&states, &next)
        }
        return states[count]
    }
}

/// The plan's filter of a dataset, ready to be asked.
public struct ObjectFilter: Sendable {
    private let include: [Glob]
    private let exclude: [Glob]
    private let filter: Dataset.Filter

    /// Prepares a filter; throws where a pattern is malformed (the plan's decoder has said so before).
    public init(_ filter: Dataset.Filter) throws(Glob.Malformed) {
        func read(_ patterns: [String]) throws(Glob.Malformed) -> [Glob] {
            var globs: [Glob] = []
            for pattern in patterns { globs.append(try Glob(pattern)) }
            return globs
        }
        include = try read(filter.include)
        exclude = try read(filter.exclude)
        self.filter = filter
    }

    /// Why the object is left out; nil where it belongs.
    public func reason(_ key: ObjectKey, _ version: SourceVersion) -> String? {
        if !include.isEmpty, !include.contains(where: { $0.matches(key) }) { return "not included" }
        if exclude.contains(where: { $0.matches(key) }) { return "excluded" }
        if let least = filter.minSize, version.size < least { return "smaller than minSize" }
        if let most = filter.maxSize, version.size > most { return "larger than maxSize" }
        if let since = filter.modifiedSince, let modified = version.modified, modified < since {
            return "not modified since"
        }
        return nil
    }
}
