import HavreModel
import Testing

/// What a move takes: counted from sums, priced from dated prices, never invented.
@Suite struct EstimateTests {
    private static let day = Day("2026-11-24") ?? Day(number: 0)

    private func volume(_ sizes: [UInt64], maxParts: Int = 10_000) throws -> PlannedVolume {
        var volume = PlannedVolume()
        for size in sizes { try volume.add(size: size, maxParts: maxParts, replaces: false) }
        return volume
    }

    private func manner(conditional: Bool = true, header: Int? = 200, verify: Double = 0) -> Estimate.Manner {
        Estimate.Manner(
            conditionalCreate: conditional, conditionalUpdate: conditional, conditionalComplete: conditional,
            readsWholesBack: false, readsPartsBack: false, header: header, verify: verify)
    }

    @Test func requestsAreThoseOfTheEngine() throws {
        var volume = try volume([0, 10, 8 << 20, (8 << 20) + 1, 100 << 20])
        (volume.sourceEntries, volume.targetEntries) = (2001, 0)
        let estimate = Estimate(volume, manner: manner(conditional: false), pace: .stated(1e6, .given))
        #expect(volume.large == 2 && volume.largeParts == 2 + 13 && volume.parts == 18)
        #expect(estimate.source.get == 18 && estimate.source.head == 2 && estimate.source.list == 3)
        #expect(estimate.target.put == 3 && estimate.target.create == 2 && estimate.target.part == 15)
        #expect(estimate.target.complete == 2 && estimate.target.list == 1, "an empty listing is asked for once")
        // One before each whole object; before, between and behind each upload.
        #expect(estimate.target.head == 3 + 6)
        let enforced = Estimate(volume, manner: manner(), pace: .stated(1e6, .given))
        #expect(enforced.target.head == 4)
    }

    @Test func sealedBytesAreMoreThanPlain() throws {
        let volume = try volume([0, 65_536, 65_537])
        let sealed = Estimate(volume, manner: manner(header: 200), pace: .stated(1e6, .given))
        #expect(sealed.storedBytes == 131_073 + 3 * 200 + 4 * 16)
        let clear = Estimate(volume, manner: manner(header: nil), pace: .stated(1e6, .given))
        #expect(clear.storedBytes == 131_073)
    }

    @Test func fewPartsMakeLargeOnes() throws {
        // 1 GiB in at most 10 parts: 8 MiB × ⌈128 / 10⌉ = 104 MiB a part.
        #expect(try volume([1 << 30], maxParts: 10).largeParts == 10)
        #expect(try volume([1 << 30], maxParts: 1000).largeParts == 128)
    }

    @Test func timeIsASpan() throws {
        let volume = try volume([1_000_000])
        let stated = Estimate(volume, manner: manner(verify: 1), pace: .stated(1000, .plan))
        // Half the rate at worst, and what is read back passes as well.
        let stored = Double(stated.storedBytes)
        #expect(stated.readBackBytes == stated.storedBytes)
        #expect(stated.seconds?.high == (1_000_000 + stored) / 500)
        #expect(stated.seconds?.low == (1_000_000 + stored) / 1000, "at best too")
        #expect(Estimate(PlannedVolume(), manner: manner(), pace: .stated(1, .assumed)).seconds == nil)
        let slow = Estimate.Pace(basis: .measured, low: 1000, high: 1000, latency: 16)
        let waits = Estimate(volume, manner: manner(), pace: slow)
        #expect(waits.seconds?.high == 1000 + Double(waits.source.all + waits.target.all))
    }

    /// Wholes and parts are read back each for themselves, where the target enforces no check of theirs.
    @Test func whatTheTargetDoesNotCheckIsReadBack() throws {
        let volume = try volume([1000, 30 << 20])
        func readBack(wholes: Bool, parts: Bool) -> Estimate {
            Estimate(
                volume,
                manner: Estimate.Manner(
                    conditionalCreate: true, conditionalUpdate: true, conditionalComplete: true,
                    readsWholesBack: wholes, readsPartsBack: parts, header: nil, verify: 0),
                pace: .stated(1000, .given))
        }
        #expect(readBack(wholes: true, parts: false).readBackBytes == 1000)
        #expect(readBack(wholes: false, parts: true).readBackBytes == 30 << 20)
        #expect(readBack(wholes: true, parts: true).readBackBytes == (30 << 20) + 1000)
        // It leaves the target, which asks for that.
        let target = place([price(.egress, 1, .gigabyte)])
        func egress(_ estimate: Estimate) -> Money? {
            estimate.priced(source: place([]), target: target, on: Self.day).costs.first { $0.kind == .readBack }?
                .amount
        }
        #expect(abs((egress(readBack(wholes: false, parts: true))?.amount ?? 0) - 0.031457280) < 1e-9)
        #expect(egress(readBack(wholes: false, parts: false)) == nil)
    }

    @Test func datasetsEndOneBehindTheOther() throws {
        let day = Self.day
        let one = Estimate(try volume([86_400_000]), manner: manner(), pace: .stated(1000, .given))
        let days = Estimate.forecasts([("a", one), ("b", one)], from: day)
        #expect(days["a"] == Day(number: day.number + 1)...Day(number: day.number + 2))
        #expect(days["b"] == Day(number: day.number + 2)...Day(number: day.number + 4))
        let endless = Estimate(try volume([1 << 40]), manner: manner(), pace: .stated(1e-9, .given))
        #expect(Estimate.forecasts([("a", endless)], from: day)["a"]?.upperBound.number ?? 0 > day.number + 1000)
    }

    private func place(_ prices: [Price]) -> PricedPlace {
        PricedPlace(
            name: "host/here",
            service: Service(
                id: "object-storage", storageProtocol: .s3, endpoint: nil, source: "s", verifiedOn: nil, regions: [],
                prices: prices), region: "here")
    }

    private func price(
        _ item: Price.Item, _ amount: Double, _ per: Price.Unit, _ currency: String = "EUR",
        verified: Day? = day, until: Day? = nil
    ) -> Price {
        Price(
            item: item, amount: amount, currency: currency, per: per, until: until, source: "list of \(item.rawValue)",
            verifiedOn: verified)
    }

    @Test func costsRestOnDatedPrices() throws {
        var volume = try volume([2_000_000_000])
        volume.sourceEntries = 1
        let estimate = Estimate(volume, manner: manner(header: nil), pace: .stated(1e9, .given))
        let older = Day(number: Self.day.number - 9)
        let source = place([
            price(.egress, 0.05, .gigabyte), price(.read, 4, .million, verified: older),
            price(.list, 5, .thousand),
        ])
        let priced = estimate.priced(
            source: source, target: place([price(.storage, 0.01, .gigabyteMonth)]), on: Self.day)
        func cost(_ kind: Cost.Kind) throws -> Cost { try #require(priced.costs.first { $0.kind == kind }) }
        func near(_ money: Money?, _ amount: Double) -> Bool { abs((money?.amount ?? -1) - amount) < 1e-9 }
        #expect(try near(cost(.egress).amount, 0.1) && cost(.egress).sources == ["list of egress"])
        let reads = Double(estimate.source.reads)
        #expect(try near(cost(.sourceRequests).amount, reads * 4e-6 + 0.005))
        #expect(try cost(.sourceRequests).verifiedOn == older, "it is as old as its oldest price")
        #expect(try near(cost(.storageMonth).amount, 0.02))
        // No price of writing there: unknown, with why, and no part of it is told for the whole.
        #expect(try cost(.targetRequests).amount == nil)
        #expect(try cost(.targetRequests).unknown?.english.contains("no verified price of writing requests") == true)
    }

    @Test func whatIsNotKnownIsNeverInvented() throws {
        let estimate = Estimate(try volume([5]), manner: manner(), pace: .stated(1e9, .given))
        let yesterday = Day(number: Self.day.number - 1)
        for prices in [
            [], [price(.egress, 1, .gigabyte, verified: nil)], [price(.egress, 1, .gigabyte, until: yesterday)],
        ] {
            let cost = estimate.priced(source: place(prices), target: place([]), on: Self.day).costs.first
            #expect(cost?.amount == nil && cost?.unknown != nil, "\(prices)")
        }
        let nobody = PricedPlace(name: "own", service: nil, region: nil)
        let costs = estimate.priced(source: nobody, target: nobody, on: Self.day).costs
        #expect(costs.count == 4 && costs.allSatisfy { $0.amount == nil && $0.unknown != nil })
        let mixed = place([price(.read, 1, .million), price(.list, 1, .million, "USD")])
        let requests = estimate.priced(source: mixed, target: nobody, on: Self.day).costs[1]
        #expect(requests.amount == nil && requests.unknown?.english.contains("EUR and USD") == true)
        // Free is a price.
        let free = estimate.priced(source: place([price(.egress, 0, .gigabyte)]), target: nobody, on: Self.day)
        #expect(free.costs.first?.amount == Money(0, "EUR"))
    }
}
