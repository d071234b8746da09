import HavreModel
import Testing

/// Extracts that come near to a whole base, and those of which nobody says how much they are.
@Suite struct BaseAlertTests {
    private static func dataset(
        _ name: String, _ base: String? = nil, _ percent: Double = 0, snds: Bool = false, clauses: [String] = [],
        unionOf: [String] = []
    ) -> (plan: String, dataset: Dataset) {
        var classification = Dataset.Classification()
        classification.snds = snds
        var dataset = Dataset(
            name: name, classification: classification, clauses: clauses,
            source: Location(provider: "a", bucket: "a"), target: Location(provider: "b", bucket: "b"), seal: .none)
        dataset.extract = base.map { Dataset.Extract(base: $0, percent: percent) }
        dataset.unionOf = unionOf
        return ("p", dataset)
    }

    private static func lines(_ datasets: (plan: String, dataset: Dataset)...) -> [String] {
        BaseAlert.of(datasets).map(\.line.english)
    }

    @Test func theSumOfStatedSharesRaisesIt() {
        #expect(Self.lines(Self.dataset("a", "SNDS", 40), Self.dataset("b", "SNDS", 34.9)) == [])
        #expect(
            Self.lines(Self.dataset("a", "SNDS", 40), Self.dataset("b", "snds", 35)) == [
                "ALERT: extracts of SNDS together are 75 % of it, whoever authorised each: p/a 40 %, p/b 35 %"
            ])
    }

    @Test func silenceIsAnUnknownShare() {
        let silent = Self.dataset("a", snds: true)
        #expect(Self.lines(silent) == ["ALERT: extracts of SNDS: share unknown, no `extract:` is stated: p/a"])
        #expect(
            Self.lines(Self.dataset("b", "SNDS", 10, snds: true), silent) == [
                "ALERT: extracts of SNDS together are at least 10 % of it, whoever authorised each: p/b 10 %; "
                    + "share unknown, no `extract:` is stated: p/a"
            ])
        #expect(
            Self.lines(Self.dataset("c", clauses: ["CASE_BY_CASE"])) == [
                "ALERT: extracts of a base that is not named: share unknown, no `extract:` is stated: p/c"
            ])
        #expect(Self.lines(Self.dataset("d"), Self.dataset("e", "SNDS", 10, snds: true)) == [])
    }

    /// A union is as much as its parts, where they all count.
    @Test func aUnionIsNotCountedBesideItsParts() {
        let (first, other) = (Self.dataset("a", "SNDS", 10, snds: true), Self.dataset("b"))
        #expect(Self.lines(first, Self.dataset("u", snds: true, unionOf: ["a"])) == [])
        #expect(
            Self.lines(first, other, Self.dataset("u", snds: true, unionOf: ["a", "b"])).first?.hasSuffix(": p/u")
                == true)
    }

    @Test func basesWithNearNamesAreCountedTogether() {
        let alert = BaseAlert.of([
            Self.dataset("a", "SNDS-2026", 40), Self.dataset("b", "SNDS", 40), Self.dataset("c", "PMSI", 40),
        ])
        #expect(
            alert.map(\.line.english) == [
                "ALERT: extracts of SNDS (SNDS-2026 may be the same base) together are 80 % of it, whoever authorised "
                    + "each: p/a 40 %, p/b 40 %"
            ])
        #expect(
            alert.first?.line.french
                == "ALERTE : les extraits de SNDS (même base, peut-être, que SNDS-2026) en représentent ensemble 80 %, "
                + "quelle que soit l'autorisation de chacun : p/a 40 %, p/b 40 %")
        // Alike through a third.
        let chain = Self.lines(
            Self.dataset("a", "SNDS principal", 30), Self.dataset("b", "SNDS ESND", 30), Self.dataset("c", "SNDS", 30))
        #expect(chain.count == 1 && chain.first?.contains("90 %") == true, "\(chain)")
        #expect(Self.lines(Self.dataset("a", "SNDS", 40), Self.dataset("b", "ESND", 40)) == [])
    }
}
