import HavreModel

/// Locations that would write into each other, and places that only Havre writes.
enum LocationOverlap {
    /// What is wrong with the locations of a plan.
    static func issues(_ plan: Plan) -> [PlanIssue] {
        let datasets = plan.order.compactMap { plan.datasets[$0] }
        var issues: [PlanIssue] = []
        func report(_ problem: String, _ path: String, expected: String? = nil) {
            issues.append(
                PlanIssue(
                    file: plan.file, mark: plan.mark(path) ?? Mark(line: 1, column: 1), path: path, problem: problem,
                    expected: expected))
        }
        for dataset in datasets {
            let path = "datasets.\(dataset.name)"
            for (side, location) in [("from", dataset.source), ("to", dataset.target)] {
                for (problem, key, expected) in problems(of: location, plan) {
                    report(problem, "\(path).\(side).\(key)", expected: expected)
                }
            }
            if let source = place(dataset.source, plan), let target = place(dataset.target, plan),
                overlap(source, target)
            {
                report(
                    "source and target of `\(dataset.name)` overlap (\(shown(dataset.source)) and \(shown(dataset.target)))",
                    path + ".to", expected: "places apart")
            }
        }
        neighbours(datasets, plan, report)
        return issues
    }

    /// Datasets that write where others write, or where others read without coming after them.
    private static func neighbours(
        _ datasets: [Dataset], _ plan: Plan, _ report: (String, String, String?) -> Void
    ) {
        // Sorted, places that nest stand next to each other: no comparison of all with all.
        var places: [(place: String, dataset: Dataset, writes: Bool)] = []
        for dataset in datasets {
            if let target = place(dataset.target, plan) { places.append((target, dataset, true)) }
            if let source = place(dataset.source, plan) { places.append((source, dataset, false)) }
        }
        places.sort { ($0.place, $0.writes ? 0 : 1, $0.dataset.name) < ($1.place, $1.writes ? 0 : 1, $1.dataset.name) }
        var open: [(place: String, dataset: Dataset, writes: Bool)] = []
        var count = 0
        for entry in places {
            while let outer = open.last, !entry.place.hasBytePrefix(outer.place) { open.removeLast() }
            for outer in open where outer.dataset.name != entry.dataset.name && (outer.writes || entry.writes) {
                guard count < 100 else { return }
                if outer.writes && entry.writes {
                    let (first, second) = inOrder(outer.dataset, entry.dataset, plan)
                    count += 1
                    report(
                        "`\(first.name)` and `\(second.name)` write to places that overlap "
                            + "(\(shown(first.target)) and \(shown(second.target)))", "datasets.\(second.name).to",
                        "places apart")
                } else {
                    let writer = outer.writes ? outer.dataset : entry.dataset
                    let reader = outer.writes ? entry.dataset : outer.dataset
                    guard !comes(reader, after: writer.name, plan) else { continue }
                    count += 1
                    report(
                        "`\(writer.name)` writes where `\(reader.name)` reads "
                            + "(\(shown(writer.target)) and \(shown(reader.source)))", "datasets.\(reader.name).from",
                        "places apart, or `after: [\(writer.name)]`")
                }
            }
            open.append(entry)
        }
    }

    private static func inOrder(_ one: Dataset, _ other: Dataset, _ plan: Plan) -> (Dataset, Dataset) {
        let first = plan.order.firstIndex(of: one.name) ?? 0
        let second = plan.order.firstIndex(of: other.name) ?? 0
        return first <= second ? (one, other) : (other, one)
    }

    /// Whether `reader` waits for the dataset `name`, by others or directly.
    private static func comes(_ reader: Dataset, after name: String, _ plan: Plan) -> Bool {
        var seen: Set<String> = []
        var open = reader.after
        while let next = open.popLast() {
            if next == name { return true }
            if seen.insert(next).inserted { open += plan.datasets[next]?.after ?? [] }
        }
        return false
    }

    /// What is wrong with one location by itself: problem, key, expectation.
    private static func problems(of location: Location, _ plan: Plan) -> [(String, String, String?)] {
        var found: [(String, String, String?)] = []
        guard let provider = plan.providers[location.provider] else { return found }
        let components = location.prefix.bytes.split(separator: 0x2f, omittingEmptySubsequences: false)
        if components.contains(Array(".havre".utf8)[...]) {
            found.append(
                ("the prefix lies in `.havre/`, where Havre keeps its own records", "prefix", "another prefix"))
        }
        guard provider.storageProtocol == .file else {
            if location.bucket.contains("/") {
                found.append(("\(Quotation.of(location.bucket)) is no bucket", "bucket", "a name without `/`"))
            }
            return found
        }
        let inner = components.dropLast()
        if components.contains([0x2e]) || components.contains([0x2e, 0x2e])
            || inner.contains(where: \.isEmpty) || components.contains(where: { $0.count > 255 || $0.contains(0) })
        {
            found.append(
                ("the prefix is no path below a directory", "prefix", "components without `.`, `..`, and not empty"))
        }
        return found
    }

    /// One text for a place, such that two places overlap when one text begins with the other.
    private static func place(_ location: Location, _ plan: Plan) -> String? {
        guard let provider = plan.providers[location.provider], let prefix = location.prefix.text else { return nil }
        if provider.storageProtocol == .file {
            let bucket = location.bucket == "/" ? "" : location.bucket
            return "file:" + bucket + "/" + prefix
        }
        var host = "\(provider.catalogueID)/\(provider.service ?? "")/\(provider.region ?? "")"
        if let endpoint = provider.endpoint {
            host = endpoint.lowercased()
            if let parts = HostPort.parts(endpoint) {
                let port = parts.port ?? (endpoint.hasPrefix("https") ? 443 : 80)
                host = "\(parts.host):\(port)"
            }
        }
        return "\(host)/\(location.bucket)/\(prefix)"
    }

    private static func shown(_ location: Location) -> String {
        let slash = location.bucket.hasSuffix("/") ? "" : "/"
        return Quotation.of(location.bucket + slash + location.prefix.description)
    }

    private static func overlap(_ one: String, _ other: String) -> Bool {
        one.hasBytePrefix(other) || other.hasBytePrefix(one)
    }
}

extension String {
    /// `hasPrefix` by bytes, not by what Unicode holds for equal.
    fileprivate func hasBytePrefix(_ other: String) -> Bool { utf8.starts(with: other.utf8) }
}
