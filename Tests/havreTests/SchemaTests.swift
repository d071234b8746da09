import Foundation
import TestServers
import Testing

@testable import havre

/// The JSON Schema and the decoder are two views of one table; an independent validator (pip `jsonschema`) looks at both.
@Suite(
    .enabled(if: FileManager.default.fileExists(atPath: PackageFiles.root + "/.venv/bin/python"), "needs .venv"),
    .ownThreads)
struct SchemaTests {
    /// Reads files named on stdin (JSON), answers each with whether the schema takes it, and whether YAML reads it.
    /// Damages each good document in many small ways and answers with each as JSON text.
    private static let judge = #"""
        import copy, json, re, sys, yaml
        from jsonschema import Draft202012Validator
        class Core(yaml.SafeLoader): pass
        Core.yaml_implicit_resolvers = {}
        def rule(tag, pattern, first): Core.add_implicit_resolver(tag, re.compile(pattern), list(first))
        rule('tag:yaml.org,2002:null', r'^(?:~|null|Null|NULL|)$', ['~', 'n', 'N', ''])
        rule('tag:yaml.org,2002:bool', r'^(?:true|True|TRUE|false|False|FALSE)$', 'tTfF')
        rule('tag:yaml.org,2002:int', r'^[-+]?[0-9]+$', '-+0123456789')
        rule('tag:yaml.org,2002:float', r'^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$', '-+.0123456789')
        def integer(loader, node):
            return int(loader.construct_scalar(node))
        Core.add_constructor('tag:yaml.org,2002:int', integer)
        asked = json.load(sys.stdin)
        Draft202012Validator.check_schema(asked['schema'])
        validator = Draft202012Validator(asked['schema'])
        def places(value, path=()):
            yield path
            if isinstance(value, dict):
                for key in value: yield from places(value[key], path + (key,))
            if isinstance(value, list):
                for index in range(len(value)): yield from places(value[index], path + (index,))
        def at(value, path):
            for step in path: value = value[step]
            return value
        def damaged(document):
            for path in places(document):
                here = at(document, path)
                if isinstance(here, dict):
                    other = copy.deepcopy(document)
                    at(other, path)['zzz'] = 1
                    yield 'unknown', path, other
                if not path: continue
                for value in [None, 1, -7, 1.5, True, 'x', '', [], {}, ['x'], {'x': 'y'}, 'a\nb', '9' * 5000]:
                    other = copy.deepcopy(document)
                    at(other, path[:-1])[path[-1]] = value
                    yield 'value', path, other
                other = copy.deepcopy(document)
                del at(other, path[:-1])[path[-1]]
                yield 'gone', path, other
        answers = {'files': {}, 'damaged': []}
        for name, text in asked['files'].items():
            try:
                document = yaml.load(text, Core)
            except (yaml.YAMLError, UnicodeError, TypeError, RecursionError):
                answers['files'][name] = 'unreadable'
                continue
            if name == 'fixtures/plans/bad/alias-growth.yaml' or name == 'fixtures/plans/bad/alias-bomb.yaml':
                answers['files'][name] = 'unreadable'
                continue
            answers['files'][name] = 'valid' if validator.is_valid(document) else 'invalid'
            if name in asked['damage']:
                for kind, path, other in damaged(document):
                    answers['damaged'].append({'kind': kind, 'path': '.'.join(map(str, path)),
                        'text': json.dumps(other), 'valid': validator.is_valid(other)})
        json.dump(answers, sys.stdout)
        """#

    private struct Answers: Decodable {
        struct Damaged: Decodable {
            let kind: String
            let path: String
            let text: String
            let valid: Bool
        }
        let files: [String: String]
        let damaged: [Damaged]
    }

    private static func ask(_ files: [String], damage: [String] = []) throws -> Answers {
        var texts: [String: String] = [:]
        for file in files { texts[file] = String(decoding: try PackageFiles.bytes(file), as: UTF8.self) }
        let schema = try JSONSerialization.jsonObject(
            with: Data(try Output.encode(JSONSchema.plan, pretty: false).utf8))
        let question = try JSONSerialization.data(withJSONObject: ["schema": schema, "files": texts, "damage": damage])
        let home = try RunningHavre.scratch()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let (input, output) = (URL(filePath: home + "/in"), URL(filePath: home + "/out"))
        try question.write(to: input)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(filePath: PackageFiles.root + "/.venv/bin/python")
        process.arguments = ["-W", "ignore", "-c", judge]
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSONDecoder().decode(Answers.self, from: try Data(contentsOf: output))
    }

    private func decodes(_ bytes: [UInt8]) -> Bool {
        (try? PlanFile.decode(bytes: bytes, file: "x", directory: "/plans", catalogue: .sample)) != nil
    }

    @Test func goodPlansAreGoodForBoth() throws {
        let answers = try Self.ask(GoodPlanTests.files)
        for file in GoodPlanTests.files {
            #expect(answers.files[file] == "valid", "\(file)")
            #expect(decodes(try PackageFiles.bytes(file)), "\(file)")
        }
    }

    /// What JSON Schema cannot say, or its readers do not see: only the decoder refuses these.
    private static let beyondSchema: Set<String> = [
        "after-circle", "after-itself", "azure-account-for-s3", "azure-without-proof", "bucket-with-slash",
        "duplicate-dataset",
        "duplicate-keys", "identity-missing", "no-keys-at-all", "not-utf8", "overlap-chain", "overlap-nested",
        "overlap-same-place", "overlap-targets",
        "overlap-two-names", "prefix-climbs", "prefix-of-havre", "recipient-missing", "recipient-twice",
        "relative-bucket", "secret-needs-shell", "severity-lowered", "sizes-crossed", "timetable-overlaps", "unions",
        "unauthenticated-envelope", "unknown-covers", "unknown-dataset-after",
        "unknown-key-reference", "unknown-provider", "unknown-region", "unknown-service",
    ]

    @Test func badPlansAreRefusedByBoth() throws {
        let files = try PackageFiles.list("fixtures/plans/bad", suffix: ".yaml")
        let answers = try Self.ask(files)
        var passed: Set<String> = []
        for file in files {
            #expect(!decodes(try PackageFiles.bytes(file)), "\(file)")
            let name = String(file.split(separator: "/").last?.dropLast(5) ?? "")
            if answers.files[file] == "valid" { passed.insert(name) }
        }
        #expect(passed.subtracting(Self.beyondSchema).sorted() == [], "the schema says these are good")
        #expect(Self.beyondSchema.subtracting(passed).sorted() == [], "the schema has learnt to refuse these")
    }

    @Test(.timeLimit(.minutes(30))) func damagedPlansNeverPassTheDecoderAlone() throws {
        let file = "fixtures/plans/good/everything.yaml"
        let answers = try Self.ask([file], damage: [file])
        #expect(answers.damaged.count > 1500)
        #expect(answers.damaged.contains { $0.kind == "value" && $0.valid })
        for damaged in answers.damaged {
            let taken = decodes(Array(damaged.text.utf8))
            if taken { #expect(damaged.valid, "only the decoder takes \(damaged.kind) at \(damaged.path)") }
            if damaged.kind == "unknown" {
                // Maps of names take any name; their value is wrong then, which both see.
                #expect(!taken && !damaged.valid, "an unknown key passes at \(damaged.path)")
            }
        }
    }
}
