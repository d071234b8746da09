import HavreModel

/// Keys that each carry one hazard.
enum ProbeKeys {
    /// Samples under `root`; none where the hazard cannot occur there.
    static func samples(of hazard: KeyHazard, under root: ObjectKey) -> [ObjectKey] {
        func key(_ text: String) -> ObjectKey { ObjectKey(root.bytes + Array(text.utf8)) }
        func filled(_ total: Int) -> ObjectKey {
            var bytes = root.bytes
            var column = 0
            while bytes.count < total {
                bytes.append(column == 100 ? 0x2f : 0x6c)
                column = column == 100 ? 0 : column + 1
            }
            if bytes.last == 0x2f { bytes[bytes.count - 1] = 0x6c }
            return ObjectKey(bytes)
        }
        switch hazard {
        case .empty, .shadowed: return []
        case .doubleSlash: return [key("double//slash")]
        // Only a location without prefix can hold such keys; there the probe's folder begins with a slash for once.
        case .leadingSlash:
            return root.bytes.starts(with: Array(".havre/".utf8))
                ? [ObjectKey(Array("/".utf8) + root.bytes + [0x6c])] : []
        case .trailingSlash: return [key("trailing/")]
        case .backslash: return [key("back\\slash")]
        case .dotSegment: return [key("dot/./segment"), key("dot/../segments")]
        case .nul: return [key("nul\0byte")]
        case .newline: return [key("new\nline"), key("carriage\rreturn")]
        case .control: return [key("tab\tbyte"), key("bell\u{7}")]
        case .notUTF8: return [ObjectKey(root.bytes + Array("latin-".utf8) + [0xe9, 0x2e, 0x63])]
        case .trailingSpace: return [key("trailing space "), key("trailing dot.")]
        case .reserved: return [key("a+b%2Fc;d=e&f?g#h'i\"j`k<l>m|n^o{p}q[r]s*t:u@v!w$x,y(z)~")]
        case .nonASCII: return [key("été-数据-😀")]
        case .longComponent: return [ObjectKey(root.bytes + [UInt8](repeating: 0x6c, count: 300))]
        case .longKey: return [filled(1024)]
        case .overlongKey: return [filled(1025)]
        }
    }
}
