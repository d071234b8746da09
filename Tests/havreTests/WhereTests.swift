import Foundation
import HavreModel
import TestServers
import Testing

@testable import havre

/// `where`: every place of the catalogue as a target.
@Suite(.ownThreads) struct WhereTests {
    private struct Report: Decodable {
        struct Part: Decodable {
            let dataset: String
            let basis: String
            let candidates: [Candidate]
        }
        let rulebookHash: String
        let datasets: [Part]
    }

    private static let hub = "plans/scenarios/hub-azure-to-scaleway.yaml"

    private func ask(_ arguments: String...) throws -> RunningHavre.Outcome {
        try RunningHavre.run(["where"] + arguments, environment: ["HAVRE_TODAY": "2026-11-24"])
    }

    private func report(_ arguments: String...) throws -> Report {
        let outcome = try RunningHavre.run(
            ["where", "--json"] + arguments, environment: ["HAVRE_TODAY": "2026-11-24"])
        #expect(outcome.status == 0, "\(outcome.stderr)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.stdout.utf8))
    }

    @Test func everyPlaceOfTheCatalogueIsJudged() throws {
        let catalogue = try CatalogueFile.load(files: EmbeddedSeeds.files).catalogue
        let places = catalogue.providers.flatMap { provider in
            provider.services.flatMap { service in
                service.regions.map { "\(provider.id)/\(service.id)/\($0.id)" }
            }
        }
        let candidates = try report("plans/scenarios/ovh-uk-eu-only.yaml").datasets[0].candidates
        #expect(candidates.map(\.name).sorted() == places.sorted())
        #expect(Set(candidates.map(\.provider)).count == 16)
        let rules = Set(candidates.flatMap(\.verdicts).map(\.rule))
        #expect(rules.isSuperset(of: ["R1", "R3", "R4", "R5", "R7", "R8", "R9"]))
    }

    @Test func theBestComeFirst() throws {
        let candidates = try report("plans/scenarios/ovh-uk-eu-only.yaml").datasets[0].candidates
        let counts = candidates.map(\.blocking.count)
        #expect(counts == counts.sorted())
        let free = candidates.filter(\.blocking.isEmpty)
        #expect(free.allSatisfy { $0.country != "GB" && $0.country != "US" }, "EU_ONLY")
        let planned = candidates.filter(\.isPlanned)
        #expect(planned.map(\.name) == ["ovhcloud/object-storage/uk"])
        #expect(planned[0].blocking == ["R3"])
        let american = try #require(candidates.first { $0.provider == "microsoft-azure" && $0.country == "FR" })
        #expect(american.isEuropean == false && american.laws.contains("US"))
    }

    /// An authorisation for one place is none for another, whatever the plan calls it.
    @Test func anAuthorisationBindsToItsPlace() throws {
        let candidates = try report(Self.hub, "hub-projects").datasets[0].candidates
        let authorised = candidates.filter { !$0.blocking.contains("R18") }
        #expect(!authorised.isEmpty)
        #expect(authorised.allSatisfy { $0.provider == "scaleway" }, "\(authorised.map(\.name))")
    }

    @Test func whatIsMissingIsNamed() throws {
        let candidates = try report(Self.hub, "hub-central").datasets[0].candidates
        let outscale = try #require(candidates.first { $0.name == "outscale/object-storage/eu-west-2" })
        #expect(outscale.blocking.contains("R10"))
        #expect(outscale.missing.contains { $0.name.english.contains("SecNumCloud") })
    }

    @Test func pricesAreThoseOfTheCatalogueOrUnknown() throws {
        let candidates = try report("plans/scenarios/ovh-uk-eu-only.yaml").datasets[0].candidates
        let scaleway = try #require(candidates.first { $0.name == "scaleway/object-storage/fr-par" })
        let month = try #require(scaleway.month)
        let stored = try #require(scaleway.estimate?.storedBytes)
        #expect(month.currency == "EUR")
        #expect(abs(month.amount - Double(stored) / 1e9 * 0.0146) < 0.01)
        #expect(candidates.first { $0.provider == "bleu" }?.month == nil)
    }

    @Test func theRecordIsWrittenOnce() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let csv = home + "/comparison.csv"
        let outcome = try ask(Self.hub, "-o", csv)
        #expect(outcome.status == 0, "\(outcome.all)")
        let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\r\n")
        let count = try report("plans/scenarios/ovh-uk-eu-only.yaml").datasets[0].candidates.count
        #expect(lines.count == 1 + 2 * count, "a line for each place and dataset, and a head")
        #expect(try ask(Self.hub, "-o", csv).status == 1, "it is not overwritten")
        #expect(try ask(Self.hub, "-o", home + "/x.txt").status == 64)
        let json = home + "/comparison.json"
        #expect(try ask(Self.hub, "-o", json).status == 0)
        let record = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: json)))
        #expect(record.rulebookHash.count == 64)
    }

    @Test func aSizeMayBeGiven() throws {
        let given = try report(Self.hub, "hub-central", "--objects", "10", "--bytes", "1GB", "--bandwidth", "1Gbps")
        #expect(given.datasets[0].basis == "given")
        // 1 GB at 1 Gb/s, and one object in ten read back: a sample is one at least.
        let low = try #require(given.datasets[0].candidates[0].estimate?.seconds?.low)
        #expect(low > 8.7 && low < 8.9, "\(low)")
        #expect(try ask(Self.hub, "--objects", "10").status == 64)
        let french = try ask(Self.hub, "hub-central", "--lang", "fr")
        #expect(french.stdout.contains("lieux sur"))
        #expect(french.stdout.contains("* scaleway/fr-par"), "the plan's own place is always shown")
    }

    /// What a derogation covers is listed apart: it neither holds nor merely warns.
    @Test func whatADerogationCoversStandsApart() throws {
        let candidates = try report(Self.hub, "hub-central").datasets[0].candidates
        let planned = try #require(candidates.first { $0.isPlanned })
        #expect(planned.derogated == ["R10"], "\(planned.derogated)")
        #expect(!planned.warning.contains("R10") && !planned.blocking.contains("R10"))
        #expect(!planned.satisfied.contains("R10"))
        #expect(try ask(Self.hub, "hub-central").stdout.contains("derogated R10"))
    }

    /// A line stands alone in an audit file: what it rests on, what it costs, what is missing and why.
    @Test func aLineOfTheRecordSaysWhatItRestsOn() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let csv = home + "/comparison.csv"
        #expect(try ask(Self.hub, "hub-central", "-o", csv).status == 0)
        let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\r\n").map(Self.fields)
        let head = lines[0]
        let rows = lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(head, $0)) }
        #expect(lines.allSatisfy { $0.count == head.count })
        let planned = try #require(rows.first { $0["planned"] == "true" })
        #expect(planned["plan"] == "hub-azure-to-scaleway" && planned["judged on"] == "2026-11-24")
        for hash in ["plan hash", "catalogue hash", "rulebook hash"] { #expect(planned[hash]?.count == 64, "\(hash)") }
        #expect(planned["derogated"] == "R10")
        #expect(planned["derogations in force"]?.hasPrefix("R10: ") == true)
        #expect(planned["derogations in force"]?.contains(", until 20") == true)
        #expect(planned["egress from"] == "microsoft-azure/westeurope", "the region that the price is for")
        #expect(planned["price not known"]?.contains("microsoft-azure/westeurope") == true)
        let month = try #require(planned["month"])
        #expect(month.split(separator: ".").last?.count == 2 && planned["month currency"] == "EUR", "\(month)")
        let outscale = try #require(rows.first { $0["provider"] == "outscale" && $0["region"] == "eu-west-2" })
        #expect(outscale["blocked by"]?.contains("R10") == true)
        #expect(
            outscale["missing"]?.contains("SecNumCloud 3.2 of outscale/eu-west-2: held, for IaaS (out of scope)")
                == true,
            "\(outscale)")
        #expect(outscale["why"]?.contains("R10: ") == true)
    }

    /// Above a thousand places it is a stream, and a file that must be one document is refused before it is begun.
    @Test func manyDatasetsAreAStream() throws {
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let plan = home + "/plan.yaml"
        var text = try PackageFiles.text("plans/scenarios/redirect-to-virginia.yaml")
        let dataset = try #require(text.range(of: "  dossiers:\n")).lowerBound
        let body = String(text[dataset...])
        for number in 1...14 {
            text += body.replacing("dossiers", with: "dossiers-\(number)")
        }
        try text.write(toFile: plan, atomically: true, encoding: .utf8)
        let outcome = try ask(plan, "--json", "-o", home + "/all.ndjson")
        #expect(outcome.status == 0, "\(outcome.stderr)")
        struct Line: Decodable {
            let type: String
            let catalogueHash: String?
            let rank: Int?
        }
        let lines = try outcome.stdout.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines[0].type == "version" && lines[1].type == "comparison" && lines[1].catalogueHash?.count == 64)
        #expect(lines.filter { $0.type == "dataset" }.count == 15)
        let places = lines.filter { $0.type == "place" }
        #expect(places.count > 1000 && places.filter { $0.rank == 1 }.count == 15)
        #expect(try String(contentsOfFile: home + "/all.ndjson", encoding: .utf8) == outcome.stdout)
        let refused = try ask(plan, "-o", home + "/all.json")
        #expect(refused.status == 64 && refused.stderr.contains(".ndjson"), "\(refused.all)")
        #expect(!FileManager.default.fileExists(atPath: home + "/all.json"))
    }

    /// The fields of a line of CSV.
    private static func fields(_ line: Substring) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
