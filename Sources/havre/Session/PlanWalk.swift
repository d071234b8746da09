import Glibc
import HavreModel

/// Finds the plans of an estate: every YAML file below some directories that says it is one.
enum PlanWalk {
    /// Paths of plans in order; a path that is a file counts whatever it holds. Throws where a path is not there.
    static func plans(_ roots: [String]) throws -> [String] {
        var found: [String] = []
        for root in roots {
            var info = stat()
            guard stat(root, &info) == 0 else {
                throw CommandFailure(.usage, "\(root): \(String(cString: strerror(errno)))")
            }
            if info.st_mode & S_IFMT == S_IFDIR {
                walk(root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root, &found)
            } else {
                found.append(root)
            }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert(FilePaths.resolve($0, in: FilePaths.workingDirectory)).inserted }
    }

    /// Plan files as they were executed from a state directory (`PlanSession.keepExecuted`), by their hash.
    static func executed(_ state: String) -> [(hash: String, path: String)] {
        let folder = PlanSession.executedPlans(state)
        return names(folder).filter { $0.hasSuffix(".yaml") }.map { (String($0.dropLast(5)), folder + "/" + $0) }
    }

    /// State directories beside the plans of `directory`.
    static func states(beside directory: String) -> [String] {
        names(directory + "/.havre").filter { !$0.hasPrefix(".") }.map { directory + "/.havre/" + $0 }
    }

    /// Directories are walked in order of name; symbolic links and hidden ones are not followed.
    private static func walk(_ root: String, _ found: inout [String]) {
        var open = [root]
        while let directory = open.popLast() {
            var below: [String] = []
            for name in names(directory) where !name.hasPrefix(".") {
                let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
                var info = stat()
                guard lstat(path, &info) == 0 else { continue }
                if info.st_mode & S_IFMT == S_IFDIR {
                    below.append(path)
                } else if info.st_mode & S_IFMT == S_IFREG, name.hasSuffix(".yaml") || name.hasSuffix(".yml"),
                    isPlan(path)
                {
                    found.append(path)
                }
            }
            open += below.reversed()
        }
    }

    private static func names(_ directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names.sorted()
    }

    /// Whether a file says at its top level that it is a plan: `havre:` and `datasets:`. A broken one that does is one.
    private static func isPlan(_ path: String) -> Bool {
        guard let bytes = try? FileBytes.read(path) else { return false }
        var keys: Set<String> = []
        for line in bytes.split(separator: 0x0a) {
            for key in ["havre:", "datasets:"] where line.starts(with: key.utf8) { keys.insert(key) }
        }
        return keys.count == 2
    }
}
