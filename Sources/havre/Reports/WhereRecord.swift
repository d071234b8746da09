import Glibc
import HavreModel

/// The comparison record as a file, written dataset by dataset.
struct WhereRecord {
    /// How it is written.
    enum Format: String, CaseIterable {
        /// One line a place, as RFC 4180 has it; what is not known stays empty.
        case csv
        /// One document.
        case json
        /// One JSON line a place, the first with the versions.
        case ndjson

        /// As the name ends; nil is none of them.
        init?(path: String) {
            guard let format = Self.allCases.first(where: { path.hasSuffix("." + $0.rawValue) }) else { return nil }
            self = format
        }
    }

    let format: Format
    private let path: String
    private let heading: WhereReport.Heading
    private let language: Text.Language
    private let file: NewFile

    /// Begins the file, which must not be there yet; nil where the name does not say how.
    init?(path: String, heading: WhereReport.Heading, language: Text.Language) throws {
        guard let format = Format(path: path) else { return nil }
        (self.path, self.format, self.heading, self.language) = (path, format, heading, language)
        file = try NewFile(path: path)
        switch format {
        case .csv: try write(Self.line(Self.columns))
        case .json: break
        case .ndjson:
            try write(ResultStream.versionLine + "\n")
            try write(Output.encode(WhereReport.Line(heading), pretty: false) + "\n")
        }
    }

    /// Adds a dataset; one document is written at the end.
    func add(_ part: WhereReport.Part) throws {
        switch format {
        case .csv: try write(part.candidates.enumerated().map { Self.line(row($1, $0 + 1, part)) }.joined())
        case .json: break
        case .ndjson:
            for line in WhereReport.lines(part) { try write(Output.encode(line, pretty: false) + "\n") }
        }
    }

    /// Puts the whole file in its place.
    func end(_ report: WhereReport) throws {
        if format == .json { try write(Output.document(report) + "\n") }
        fchmod(file.descriptor, 0o644)
        try file.keep()
    }

    private func write(_ text: String) throws {
        if let failure = Descriptor.write(Array(text.utf8), to: file.descriptor) {
            throw CommandFailure(.failed, "\(path): \(String(cString: strerror(failure)))")
        }
    }

    // MARK: CSV

    private static let columns = [
        "plan", "plan hash", "dataset", "objects", "bytes", "size known from", "rank", "provider", "service", "region",
        "country", "laws", "european law alone", "planned", "blocked by", "why", "missing", "derogated",
        "derogations in force", "warns", "holds", "month", "month currency", "move", "move currency",
        "egress", "egress currency", "egress from", "price not known", "move seconds low", "move seconds high",
        "judged on", "catalogue hash", "rulebook", "rulebook hash", "havre",
    ]

    private func row(_ place: Candidate, _ rank: Int, _ part: WhereReport.Part) -> [String] {
        let egress = place.estimate?.costs.first { $0.kind == .egress }
        let seconds = place.estimate?.seconds
        return [
            heading.plan, heading.planHash, part.dataset, part.objects.map(String.init) ?? "",
            part.bytes.map { String($0) } ?? "", part.basis.rawValue, "\(rank)", place.provider, place.service,
            place.region, place.country ?? "", place.laws.joined(separator: " "),
            place.isEuropean.map { "\($0)" } ?? "", "\(place.isPlanned)", place.blocking.joined(separator: " "),
            each(place.verdicts.filter(\.blocks).map { Text("\($0.rule): ") + $0.message }),
            each(place.missing.map(\.words)), place.derogated.joined(separator: " "), each(derogations(place)),
            place.warning.joined(separator: " "), place.satisfied.joined(separator: " "), Self.amount(place.month),
            place.month?.currency ?? "", Self.amount(place.move), place.move?.currency ?? "",
            Self.amount(egress?.amount), egress?.amount?.currency ?? "", egress?.place ?? "",
            each(place.priceless), seconds.map { "\(Int($0.low.rounded()))" } ?? "",
            seconds.map { "\(Int($0.high.rounded()))" } ?? "", heading.day.description, heading.catalogueHash,
            heading.rulebook, heading.rulebookHash, Version.program,
        ]
    }

    /// Who accepted what until when, once each.
    private func derogations(_ place: Candidate) -> [Text] {
        place.verdicts.filter(\.isDerogated).flatMap { verdict in
            verdict.derogations.filter { $0.ignored == nil }.map {
                Text(
                    en: "\(verdict.rule): \($0.reference) by \($0.by), signed by \($0.signer), until \($0.until)",
                    fr: "\(verdict.rule) : \($0.reference) de \($0.by), signée par \($0.signer), jusqu'au \($0.until)")
            }
        }
    }

    private func each(_ texts: [Text]) -> String {
        var told: Set<String> = []
        return texts.map { $0[language] }.filter { told.insert($0).inserted }.joined(separator: " | ")
    }

    /// `11.68`
    private static func amount(_ money: Money?) -> String {
        guard let money else { return "" }
        let cents = Int((min(money.amount, 1e13) * 100).rounded())
        return "\(cents / 100)." + (cents % 100 < 10 ? "0" : "") + "\(cents % 100)"
    }

    private static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\r\n" }

    private static func field(_ text: String) -> String {
        text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
            ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
