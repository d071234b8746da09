import ArgumentParser

/// What every verb that takes the lock of the state is asked.
struct LockOption: ParsableArguments {
    @Flag(name: .long, help: "Take the lock of another host's run that is known to be dead.")
    var force = false
}
