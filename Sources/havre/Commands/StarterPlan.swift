/// The plan that `init` writes: it can be read as it stands, but states no fact that only the operator knows. Until these
/// are filled in, rules find them unknown and block.
enum StarterPlan {
    /// The text, for a plan of that name and with that recipient.
    static func text(name: String, recipient: String) -> String {
        """
        # A plan of Havre: what moves from where to where, under whose keys, and what the data are.
        # `havre validate plan.yaml` checks it without any network; `havre schema` prints its JSON Schema for an editor.
        # It refers to secrets and never holds one: {env: NAME}, {file: PATH} or {command: [program, argument]}.
        havre: 1
        name: \(name)
        # controller: Who answers for the data                       # TODO

        providers:
          # TODO: two directories stand for the hosts. Say where each lies and whose law reaches it, which nobody else
          # knows, as in {is: local, service: file, country: FR, law: FR}; until then personal data are blocked.
          old-host: {is: local, service: file}
          new-host: {is: local, service: file}
          # A host of the catalogue; its country, law and certifications are known:
          # new-host:
          #   is: scaleway
          #   service: object-storage
          #   region: fr-par
          #   credentials: {accessKey: {env: SCW_ACCESS_KEY}, secretKey: {file: /run/secrets/scw}}
          # An S3 server of your own:
          # old-host:
          #   is: custom
          #   protocol: s3
          #   endpoint: https://s3.example.org
          #   country: FR
          #   law: FR
          #   credentials: {profile: example}

        keys:
          ours:
            recipient: \(recipient)
            # TODO: who holds key.txt, and under whose law:
            # custodian: {name: Us, country: FR, law: FR}

        # Where Havre runs: there, and only there, data are in clear.
        # TODO: workers: {country: FR, law: FR}

        # What only you know, for the rules; what is not stated is unknown, and warns or blocks.
        # TODO: remoteAccess: none                                   # or who reaches the data from elsewhere
        # confidentialUntil: 2029-12-31                              # TODO: how long they must stay secret
        # incident: {contact: you@example.org, clocks: {earlyWarning: 24h, notification: 72h, finalReport: 30d}}

        # bandwidth: {"22:00-06:00": 1Gbps, otherwise: 100Mbps}
        # verify: full                                               # what `apply` reads back; a sample of 5% by default

        datasets:
          first:
            # TODO: what the data are decides which rules hold. Health data, for one: {personal: true, health: true}
            class: {personal: true}
            from: {provider: old-host, bucket: ./old}                # TODO
            to: {provider: new-host, bucket: ./new}                  # TODO
            seal: {format: age, recipients: [ours]}

        """
    }
}
