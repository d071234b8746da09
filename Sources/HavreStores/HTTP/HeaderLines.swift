import CCurl
import Glibc

/// A request's header lines as libcurl's list, in memory that serves one request after the other: libcurl only reads
/// it, and a list of its own making costs two allocations a line.
///
/// The list stays as it is until the next `set`, which must not come before the request is over.
struct HeaderLines: ~Copyable {
    private var text: UnsafeMutableRawBufferPointer
    private var nodes: UnsafeMutableBufferPointer<curl_slist>
    private var length = 0

    /// Keeps libcurl from asking for leave before it sends a body.
    private static let expect = Array("Expect:\0".utf8)

    init() {
        text = .allocate(byteCount: 2048, alignment: 1)
        nodes = .allocate(capacity: 24)
    }

    deinit {
        text.deallocate()
        nodes.deallocate()
    }

    /// Takes over the lines of `headers`; the first node of the list.
    mutating func set(_ headers: HeaderList) -> UnsafeMutablePointer<curl_slist>? {
        length = Self.expect.count + headers.bytes.count
        if text.count < length {
            text.deallocate()
            text = .allocate(byteCount: length * 2, alignment: 1)
        }
        if nodes.count < headers.fields.count + 1 {
            nodes.deallocate()
            nodes = .allocate(capacity: (headers.fields.count + 1) * 2)
        }
        guard let base = text.baseAddress, let first = nodes.baseAddress else { return nil }
        text.copyBytes(from: Self.expect)
        UnsafeMutableRawBufferPointer(rebasing: text[Self.expect.count...]).copyBytes(from: headers.bytes)
        first.initialize(to: curl_slist(data: base.assumingMemoryBound(to: CChar.self), next: nil))
        for (index, field) in headers.fields.enumerated() {
            let line = (base + Self.expect.count + field.start).assumingMemoryBound(to: CChar.self)
            (first + index + 1).initialize(to: curl_slist(data: line, next: nil))
            first[index].next = first + index + 1
        }
        return first
    }

    /// Overwrites the lines.
    mutating func wipe() {
        if let base = text.baseAddress { explicit_bzero(base, length) }
    }
}
