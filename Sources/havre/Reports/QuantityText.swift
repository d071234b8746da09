import HavreEngine
import HavreModel

/// Numbers as people read them in either language.
enum QuantityText {
    /// `1,204,331`, `1 204 331`
    static func count(_ number: Int) -> Text {
        let english = Counted.digits(number)
        return Text(en: "\(english)", fr: "\(english.replacing(",", with: " "))")
    }

    /// `1,204 objects`, `1 204 objets`
    static func objects(_ number: Int) -> Text {
        let noun = number == 1 ? Text(en: "object", fr: "objet") : Text(en: "objects", fr: "objets")
        return count(number) + Text(" ") + noun
    }

    /// `38.2 TiB`, `38,2 Tio`
    static func bytes(_ number: UInt64) -> Text {
        let english = Quantity.bytes(number)
        return Text(en: "\(english)", fr: "\(decimals(english.dropLast()) + "o")")
    }

    /// `9 h 40 min`, `2 d 4 h` and `2 j 4 h`
    static func duration(_ seconds: Double) -> Text {
        let english = Quantity.duration(seconds: max(1, seconds))
        return Text(en: "\(english)", fr: "\(english.replacing(" d ", with: " j "))")
    }

    /// `1.0 Gb/s`, `1,0 Gb/s`
    static func rate(bytesPerSecond: Double) -> Text {
        let bits = bytesPerSecond * 8
        let units = [(1e9, "Gb/s"), (1e6, "Mb/s"), (1e3, "kb/s")]
        let (size, unit) = units.first { bits >= $0.0 } ?? (1, "b/s")
        let english = Quantity.tenths(bits / size) + " " + unit
        return Text(en: "\(english)", fr: "\(decimals(english[...]))")
    }

    /// `12 ms`
    static func milliseconds(_ seconds: Double) -> Text {
        let english = Quantity.tenths(seconds * 1000) + " ms"
        return Text(en: "\(english)", fr: "\(decimals(english[...]))")
    }

    /// `EUR 12.34`, `12,34 EUR`
    static func money(_ money: Money) -> Text {
        let cents = Int((min(money.amount, 1e13) * 100).rounded())
        let digits = Counted.digits(cents / 100) + "." + (cents % 100 < 10 ? "0" : "") + String(cents % 100)
        return Text(en: "\(money.currency) \(digits)", fr: "\(decimals(digits[...])) \(money.currency)")
    }

    /// A point becomes a comma, and a comma between thousands a space.
    private static func decimals(_ english: Substring) -> String {
        String(english).replacing(",", with: " ").replacing(".", with: ",")
    }
}

extension Diff.Action {
    /// The sign that lists put before it.
    var sign: String {
        switch self {
        case .create: "+"
        case .update: "~"
        case .unchanged: "="
        case .extraneous: "-"
        case .delete: "x"
        case .skipped: "o"
        case .blocked: "!"
        }
    }

    /// The action in words.
    var words: Text {
        switch self {
        case .create: Text(en: "create", fr: "créer")
        case .update: Text(en: "update", fr: "modifier")
        case .unchanged: Text(en: "unchanged", fr: "inchangé")
        case .extraneous: Text(en: "extraneous", fr: "en trop")
        case .delete: Text(en: "delete", fr: "supprimer")
        case .skipped: Text(en: "skipped", fr: "écarté")
        case .blocked: Text(en: "blocked", fr: "bloqué")
        }
    }

    /// In the order in which reports list them.
    static let listed: [Diff.Action] = [.create, .update, .unchanged, .delete, .extraneous, .skipped, .blocked]
}

/// Why the diff says what it says, in words: the journal's own English, and French for those that are its own.
enum CauseText {
    /// A cause as the journal holds it.
    static func of(_ cause: String) -> Text {
        guard let french = french[cause] else { return Text(cause) }
        return Text(en: "\(cause)", fr: "\(french)")
    }

    /// The cause of a row of the diff; where the journal says none, what the action rests on.
    static func of(_ cause: String, _ action: Diff.Action) -> Text {
        guard cause.isEmpty else { return of(cause) }
        switch action {
        case .create: return Text(en: "not at the target", fr: "absent de la cible")
        case .update: return .empty
        case .unchanged: return Text(en: "landed and still there", fr: "arrivé et toujours là")
        case .extraneous: return Text(en: "not at the source; left alone", fr: "absent de la source ; laissé en place")
        case .delete: return Text(en: "ours, and no longer at the source", fr: "de nous, et plus à la source")
        case .skipped, .blocked: return .empty
        }
    }

    /// `key: why it was not deleted after all`, as the engine reports it.
    static func kept(_ line: String) -> Text {
        guard let (english, french) = keeping.first(where: { line.hasSuffix(": " + $0.key) }) else {
            return Text(line)
        }
        let key = line.dropLast(english.count + 2)
        return Text(en: "\(line)", fr: "\(key) : \(french)")
    }

    private static let keeping = [
        Pruner.changed: "il a changé à la cible depuis le listage",
        Pruner.stranger:
            "ce n'est pas l'objet même qui est arrivé : un autre aux mêmes octets s'y trouve",
        Pruner.back: "il est de nouveau à la source",
    ]

    private static let french = [
        "source changed since it landed": "modifié à la source depuis son arrivée",
        "envelope changed": "enveloppe changée",
        "target changed": "modifié à la cible",
        "occupied": "place occupée",
        "missing at the target": "absent de la cible",
        "interrupted": "interrompu",
        "interrupted, the target decides": "interrompu, la cible décide",
        "failed since it landed": "échoué depuis son arrivée",
        "found different at read-back": "trouvé différent à la relecture",
        "not ours": "pas de nous",
        "landed from elsewhere": "arrivé d'ailleurs",
        "landed, not known from where": "arrivé, on ne sait d'où",
        "waits while objects are blocked": "attend tant que des objets sont bloqués",
    ]
}
