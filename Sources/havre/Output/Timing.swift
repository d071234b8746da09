import Glibc

/// CPU time of single steps, for the benchmark: said on stderr where `HAVRE_TIMES` is set, and nothing otherwise.
enum Timing {
    /// Runs `body`, and says what it took: `time: judging 0.412 CPU s`.
    static func of<R>(_ step: String, _ body: () -> R) -> R {
        guard getenv("HAVRE_TIMES") != nil else { return body() }
        let begun = seconds()
        let result = body()
        let millis = Int(((seconds() - begun) * 1000).rounded())
        Stderr.write("time: \(step) \(millis) ms of CPU\n")
        return result
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
