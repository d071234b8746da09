/// What people write into a plan, compared as words.
extension String {
    /// Whether it says nothing.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }

    /// For comparing names: small letters, no blanks around.
    var folded: String {
        var name = Substring(lowercased())
        while name.first?.isWhitespace == true { name.removeFirst() }
        while name.last?.isWhitespace == true { name.removeLast() }
        return String(name)
    }

    /// Its words: small letters and digits without accents; what is neither parts them.
    var spokenWords: [String] {
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        // Most text is ASCII: thousands of datasets say so much that Unicode's tables would be all that is read.
        if utf8.allSatisfy({ $0 < 0x80 }) { return asciiWords }
        for scalar in lowercased().unicodeScalars {
            // Wide forms of ASCII read like ASCII.
            let narrow = (0xff01...0xff5e).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xfee0) : scalar
            guard let letter = narrow else { continue }
            if letter.properties.generalCategory == .nonspacingMark { continue }
            if let bare = Self.unaccented[letter] {
                word += bare
            } else if letter.properties.isAlphabetic || letter.properties.numericType != nil {
                word += String(letter).lowercased()
            } else {
                end()
            }
        }
        end()
        return words
    }

    /// The same of text that is ASCII throughout.
    private var asciiWords: [String] {
        var words: [String] = []
        var word: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
            default:
                if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
                word.removeAll(keepingCapacity: true)
            }
        }
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }

    private static let unaccented: [Unicode.Scalar: String] = {
        let letters = [
            "a": "àáâãäå", "c": "ç", "e": "èéêë", "i": "ìíîï", "n": "ñ", "o": "òóôõöø", "u": "ùúûü", "y": "ýÿ",
            "oe": "œ", "ae": "æ", "ss": "ß",
        ]
        return Dictionary(
            letters.flatMap { bare, accented in accented.unicodeScalars.map { ($0, bare) } }
        ) { first, _ in first }
    }()

    /// Whether it names the certification of hosts of health data, as a word (`HDS`, `H.D.S.`, `HDSv2`) or in full.
    var namesHDS: Bool {
        let words = String(filter { $0 != "." }).spokenWords
        let isNamed = words.contains { word in
            guard word.hasPrefix("hds") else { return false }
            return word.dropFirst(3).allSatisfy { $0.isNumber || $0 == "v" }
        }
        if isNamed { return true }
        let text = words.joined(separator: " ")
        return (text.contains("donnees de sante") && text.contains("heberg"))
            || (text.contains("health data") && text.contains("host"))
    }

    /// Whether it means everything, and so covers nothing: a wildcard sign, a word for everything, a word that holds the
    /// place of one, or signs that do not show.
    public var isWildcard: Bool {
        let isHidden = unicodeScalars.contains {
            if $0.isASCII { return $0.value < 0x20 || $0.value == 0x7f || Self.signs.contains($0) }
            return switch $0.properties.generalCategory {
            case .format, .control, .privateUse, .unassigned, .surrogate: true
            default: Self.signs.contains($0)
            }
        }
        guard !isHidden else { return true }
        let words = spokenWords
        let text = words.joined(separator: " ")
        return words.isEmpty || words.contains(where: Self.everything.contains)
            || (" " + text).contains(" n importe ") || Self.vague.contains(text) || Self.holdsPlace(text)
    }

    private static let signs: Set<Unicode.Scalar> = [
        "*", "?", "%", "\u{ff0a}", "\u{ff1f}", "\u{ff05}", "\u{2217}", "\u{204e}",
    ]
    private static let everything: Set = [
        "any", "anything", "anyone", "all", "every", "everything", "tout", "tous", "toute", "toutes", "quelconque",
        "quelconques", "quiconque", "divers", "diverse", "diverses", "various",
    ]
    private static let vague: Set = [
        "general", "generale", "generaux", "general purpose", "general use", "usage general", "generic", "generique",
    ]

    /// Whether it holds the place of something that nobody has written yet, and so states nothing.
    var isPlaceholder: Bool {
        let text = spokenWords.joined(separator: " ")
        return text.isEmpty || text == "x" || Self.holdsPlace(text)
    }

    private static func holdsPlace(_ text: String) -> Bool {
        places.contains(text) || placesBegin.contains(where: text.hasPrefix)
    }

    private static let placesBegin = ["todo ", "tbd ", "fixme ", "a completer "]
    private static let places: Set = [
        "todo", "to do", "tbd", "tbc", "fixme", "n a", "na", "a completer", "a definir", "a preciser",
        "a renseigner", "a venir", "to be completed", "to be defined", "to be determined", "to be confirmed",
        "to complete", "placeholder", "en attente",
    ]
}

// MARK: Names of hosts

extension String {
    /// Whether it is the same name as `other`, accents, case and punctuation aside.
    func isName(_ other: String) -> Bool { spokenWords == other.spokenWords }

    /// Whether it may be another name of the host or company `other`: a word of the one that means something is a word of
    /// the other, or its beginning, or its initials.
    func resembles(_ other: String) -> Bool { Self.resemble(tellingWords, other.tellingWords) }

    /// The same of the telling words of both.
    static func resemble(_ own: [String], _ theirs: [String]) -> Bool {
        own.contains { word in
            theirs.contains { their in
                word == their || their.hasPrefix(word) || (their.utf8.count >= 4 && word.hasPrefix(their))
            }
        }
    }

    /// Its words that tell one company from another, with the initials of three words or more.
    var tellingWords: [String] {
        let words = spokenWords
        let initials = words.count >= 3 ? words.compactMap(\.first).map(String.init).joined() : ""
        return (words + [initials]).filter { $0.utf8.count >= 3 && !Self.commonWords.contains($0) }
    }

    /// Words that many companies bear: forms, countries, trades.
    private static let commonWords: Set = [
        "sas", "sasu", "sarl", "inc", "ltd", "limited", "llc", "llp", "plc", "gmbh", "spa", "srl", "com", "corp",
        "corporation", "company", "group", "groupe", "gruppe", "holding", "holdings", "international", "europe",
        "european", "ireland", "france", "deutschland", "deutsche", "germany", "united", "states", "switzerland",
        "suisse", "operations", "service", "services", "cloud", "web", "open", "data", "digital", "key", "vault", "kms",
        "hsm", "storage", "object", "objects", "the", "and", "des", "les", "der", "und", "pour", "banque", "telecom",
        "trust", "security",
    ]
}
