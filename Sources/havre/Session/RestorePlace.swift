import Glibc
import HavreModel

/// Where clear text may be written: nowhere inside or around what the plan moves from or to.
enum RestorePlace {
    /// Ends with exit 64 where `directory`, or the folder of one of `names` in it, shares a place with a directory
    /// that `plan` names, symbolic links followed.
    static func refuse(_ directory: String, names: [String], _ plan: Plan) throws {
        let wanted = ([directory] + names.map { directory + "/" + $0 }).map(real)
        for name in plan.order {
            guard let dataset = plan.datasets[name] else { continue }
            for (side, location) in [("from", dataset.source), ("to", dataset.target)] {
                guard plan.providers[location.provider]?.storageProtocol == .file else { continue }
                let taken = root(location)
                let place = real(taken)
                for own in wanted {
                    guard let relation = relation(of: own, to: place) else { continue }
                    throw CommandFailure(
                        .usage,
                        "--to \(directory) \(relation) \(taken), where datasets.\(name).\(side) lies: clear text does not "
                            + "belong there. Name a directory apart from it")
                }
            }
        }
    }

    /// The directory of a location; of one in the root directory, the folder that its prefix names.
    private static func root(_ location: Location) -> String {
        guard location.bucket == "/" else { return location.bucket }
        let folders = (location.prefix.text ?? "").split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return "/" + folders.joined(separator: "/")
    }

    private static func relation(of own: String, to place: String) -> String? {
        if own == place { return "is" }
        if isInside(own, place) { return "lies in" }
        return isInside(place, own) ? "contains" : nil
    }

    private static func isInside(_ inner: String, _ outer: String) -> Bool {
        inner.utf8.starts(with: (outer == "/" ? "/" : outer + "/").utf8)
    }

    /// `path` with every symbolic link in it followed; what is not there yet stays as it is written.
    static func real(_ path: String) -> String {
        var there = path.split(separator: "/")
        var missing: [Substring] = []
        while true {
            if let found = realpath("/" + there.joined(separator: "/"), nil) {
                defer { free(found) }
                return FilePaths.resolve(missing.joined(separator: "/"), in: String(cString: found))
            }
            guard let last = there.popLast() else { return path }
            missing.insert(last, at: 0)
        }
    }
}
