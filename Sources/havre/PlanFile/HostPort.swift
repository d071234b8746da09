/// Host and port of a URL, read without a URL library.
enum HostPort {
    /// What is wrong with a URL that its pattern let pass.
    static func problem(in url: String) -> String? {
        guard let (host, port) = parts(url) else { return "has no host that can be read" }
        if host.contains("..") || host.hasPrefix(".") || host.hasPrefix("-") { return "has no host that can be read" }
        if let port, !(1...65_535).contains(port) { return "has a port outside 1 to 65535" }
        if host.allSatisfy({ $0.isNumber || $0 == "." }) {
            let octets = host.split(separator: ".", omittingEmptySubsequences: false)
            guard octets.count == 4, octets.allSatisfy({ UInt8($0) != nil }) else {
                return "has no host that can be read"
            }
            if octets[0] == "169", octets[1] == "254" { return "is a link-local address" }
        }
        return nil
    }

    /// Host (lower case, without brackets) and port; nil where there are none.
    static func parts(_ url: String) -> (host: String, port: Int?)? {
        guard let scheme = url.firstIndex(of: ":") else { return nil }
        var rest = url[url.index(after: scheme)...]
        guard rest.hasPrefix("//") else { return nil }
        rest = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            let host = rest[rest.index(after: rest.startIndex)..<close]
            guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
            let behind = rest[rest.index(after: close)...]
            if behind.isEmpty { return (host.lowercased(), nil) }
            guard behind.hasPrefix(":"), let port = Int(behind.dropFirst()) else { return nil }
            return (host.lowercased(), port)
        }
        let sides = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = sides.first, !host.isEmpty, !host.contains("["), !host.contains("]") else { return nil }
        if sides.count == 1 { return (host.lowercased(), nil) }
        guard sides.count == 2, let port = Int(sides[1]) else { return nil }
        return (host.lowercased(), port)
    }
}
