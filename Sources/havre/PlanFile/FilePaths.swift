import Glibc

/// Paths of a plan, handled as text: nothing here asks the file system, the working directory excepted.
enum FilePaths {
    /// `path` without `.`, `..`, doubled and trailing slashes; where it is relative, below `directory`.
    static func resolve(_ path: String, in directory: String) -> String {
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        var components: [Substring] = []
        for component in whole.split(separator: "/") {
            switch component {
            case ".": continue
            case "..": _ = components.popLast()
            default: components.append(component)
            }
        }
        return "/" + components.joined(separator: "/")
    }

    /// The directory that `file` lies in, absolute.
    static func directory(of file: String) -> String {
        resolve(file + "/..", in: workingDirectory)
    }

    /// `path` as messages name it: from where `file` was named, if it lies in the same directory or below.
    static func shown(_ path: String, beside file: String) -> String {
        let home = directory(of: file)
        guard path.utf8.starts(with: (home + "/").utf8) else { return path }
        let start = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        return start + path.dropFirst(home.count + 1)
    }

    /// The working directory.
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
