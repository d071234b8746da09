/// What the engine could not do: a code to act on and words for a person. Never holds a secret.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What to do about it follows from the code.
    public enum Code: String, Sendable {
        /// A key is missing or refuses (exit 12).
        case key
        /// The source sent more than the object has.
        case sourceGrew
        /// The state directory cannot be written.
        case disk
        /// A saved plan or a journal does not fit (exit 21).
        case stale
        /// The state directory holds what it must not, or lacks what it must hold.
        case state
        /// What cannot happen did.
        case internalFailure
    }
    /// What to do about it.
    public var code: Code
    /// What was found, where, what was expected, what to do.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
