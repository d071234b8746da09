import CExpat
import Glibc

/// Takes the elements of a document as they pass.
protocol XMLHandler: AnyObject {
    /// An element begins; `depth` is 1 for the outermost.
    func open(_ name: XMLName, depth: Int)
    /// An attribute of the element that has just begun.
    func attribute(_ name: XMLName, _ value: String)
    /// An element ends; `text` are the characters since the last begin or end of an element, valid during the call.
    func close(_ name: XMLName, text: UnsafeBufferPointer<UInt8>, depth: Int)
}

extension XMLHandler {
    func attribute(_ name: XMLName, _ value: String) {}
}

/// The name of an element or attribute, valid during the call it came with.
struct XMLName {
    fileprivate let start: UnsafePointer<CChar>

    static func == (name: XMLName, text: StaticString) -> Bool {
        strcmp(name.start, UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)) == 0
    }

    static func ~= (text: StaticString, name: XMLName) -> Bool { name == text }

    /// The name as text.
    var text: String { String(cString: start) }
}

/// Reads XML piece by piece, within bounds: no document type, hence no entities but the five predefined ones;
/// limited depth, size of one text, and size of all.
///
/// A sink, so that answers are parsed while they arrive. Call `finish` behind the last piece.
final class XMLReader: ByteSink {
    /// The bounds; S3 answers stay far below them.
    struct Bounds: Sendable {
        var depth = 16
        var text = 64 << 10
        var total = 64 << 20
    }

    private let parser: OpaquePointer
    private let handler: any XMLHandler
    private let bounds: Bounds
    private let origin: String
    private var text: [UInt8] = []
    private var depth = 0
    private var total = 0
    private var problem: String?

    /// `origin` names the sender in messages.
    init(_ handler: any XMLHandler, origin: String, bounds: Bounds = Bounds()) throws(StoreError) {
        guard let parser = XML_ParserCreate("UTF-8") else {
            throw StoreError(.temporary, "expat gives no parser; is memory short?")
        }
        self.parser = parser
        self.handler = handler
        self.bounds = bounds
        self.origin = origin
        text.reserveCapacity(1024)
        prepare()
    }

    deinit { XML_ParserFree(parser) }

    private func prepare() {
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(parser, elementBegins, elementEnds)
        XML_SetCharacterDataHandler(parser, charactersArrive)
        XML_SetStartDoctypeDeclHandler(parser, documentTypeBegins)
    }

    func restart() {
        XML_ParserReset(parser, "UTF-8")
        text.removeAll(keepingCapacity: true)
        (depth, total, problem) = (0, 0, nil)
        prepare()
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { try parse(bytes, last: false) }

    /// The document must be whole now.
    func finish() throws(StoreError) { try parse(UnsafeRawBufferPointer(start: nil, count: 0), last: true) }

    private func parse(_ bytes: UnsafeRawBufferPointer, last: Bool) throws(StoreError) {
        var bytes = bytes
        if total == 0 {
            // Some servers send spaces to keep a connection alive; before the declaration XML allows none.
            while let first = bytes.first, first == 0x20 || first == 0x0a || first == 0x0d || first == 0x09 {
                bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            }
        }
        total += bytes.count
        guard total <= bounds.total else { throw violation("is longer than \(bounds.total) bytes") }
        let status = XML_Parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), last ? 1 : 0)
        if let problem { throw violation(problem) }
        guard status == XML_STATUS_OK else {
            let code = XML_GetErrorCode(parser)
            let line = XML_GetCurrentLineNumber(parser)
            let truncated =
                last
                && [XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, XML_ERROR_PARTIAL_CHAR].contains(code)
            let words = XML_ErrorString(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
            if truncated {
                throw StoreError(.temporary, "the XML answer of \(origin) ends too early (line \(line): \(words))")
            }
            throw violation("is no good XML (line \(line): \(words))")
        }
    }

    private func violation(_ what: String) -> StoreError {
        StoreError(.protocolViolation, "the XML answer of \(origin) \(what)")
    }

    fileprivate func stop(_ problem: String) {
        if self.problem == nil { self.problem = problem }
        XML_StopParser(parser, 0)
    }

    fileprivate func begin(_ name: UnsafePointer<CChar>) {
        depth += 1
        text.removeAll(keepingCapacity: true)
        guard depth <= bounds.depth else { return stop("is nested more than \(bounds.depth) deep") }
        handler.open(XMLName(start: name), depth: depth)
    }

    fileprivate func attribute(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        guard problem == nil else { return }
        handler.attribute(XMLName(start: name), String(cString: value))
    }

    fileprivate func end(_ name: UnsafePointer<CChar>) {
        guard problem == nil else { return }
        text.withUnsafeBufferPointer { handler.close(XMLName(start: name), text: $0, depth: depth) }
        depth -= 1
        text.removeAll(keepingCapacity: true)
    }

    fileprivate func append(_ characters: UnsafeRawBufferPointer) {
        guard text.count + characters.count <= bounds.text else {
            return stop("has a text of more than \(bounds.text) bytes")
        }
        text.append(contentsOf: characters)
    }
}

private func reader(_ user: UnsafeMutableRawPointer?) -> XMLReader? {
    user.map { Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
}

private func elementBegins(
    _ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
    guard let name, let reader = reader(user) else { return }
    reader.begin(name)
    // Names and values in turn, with nothing at the end.
    guard var next = attributes else { return }
    while let name = next[0], let value = next[1] {
        reader.attribute(name, value)
        next += 2
    }
}

private func elementEnds(_ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?) {
    if let name { reader(user)?.end(name) }
}

private func charactersArrive(_ user: UnsafeMutableRawPointer?, _ characters: UnsafePointer<CChar>?, _ count: Int32) {
    reader(user)?.append(UnsafeRawBufferPointer(start: characters, count: Int(count)))
}

private func documentTypeBegins(
    _ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ system: UnsafePointer<CChar>?,
    _ publicID: UnsafePointer<CChar>?, _ hasInternalSubset: Int32
) {
    reader(user)?.stop("has a document type, which could define entities; it is refused")
}

extension XMLRecords {
    /// Parses a whole answer and gathers the elements named `element`.
    static func all(_ element: String, in body: [UInt8], origin: String) throws(StoreError) -> XMLRecords {
        let records = XMLRecords(element)
        let reader = try XMLReader(records, origin: origin)
        let outcome: Result<Void, any Error> = body.withUnsafeBytes { bytes in Result { try reader.receive(bytes) } }
        if case .failure(let error) = outcome {
            throw error as? StoreError ?? StoreError(.protocolViolation, "the XML answer of \(origin) cannot be read")
        }
        try reader.finish()
        if records.isOverfull {
            throw StoreError(.protocolViolation, "the XML answer of \(origin) lists more than a page holds")
        }
        return records
    }

    /// The tags of an object, which S3 and Azure write alike: `Tag` with `Key` and `Value`.
    static func tags(in body: [UInt8], origin: String) throws(StoreError) -> [String: String] {
        var tags: [String: String] = [:]
        for record in try all("Tag", in: body, origin: origin).records {
            guard let name = record["Key"] else { continue }
            tags[String(decoding: name, as: UTF8.self)] = String(decoding: record["Value"] ?? [], as: UTF8.self)
        }
        return tags
    }
}
