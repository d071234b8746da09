// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/rulebook.yaml`.
    static let rulebook = #"""
        # The rulebook: what follows where a rule is not satisfied, on which basis, since when.
        # `severity`: block (the dataset does not move), warn, fact. `since: null` is not verified.
        # `derogable: true`: somebody who may can accept the verdict by a signed derogation with an end. It is left out where
        # the law lets no controller accept it, and for facts, which block nothing.
        # R22 warns, and blocks once an authorisation, a contract or a certificate has ended.
        # R5 holds with a reservation and then warns; where its conditions fail it blocks like R4.
        version: "2026.3"
        rules:
          - id: R1
            severity: block
            basis:
              en: "GDPR chapter V (art. 44 to 49)"
              fr: "RGPD, chapitre V (art. 44 à 49)"
            source: "https://eur-lex.europa.eu/eli/reg/2016/679/oj"
            since: 2018-05-25
          - id: R2
            severity: warn
            derogable: true
            basis:
              en: "GDPR art. 45; decision (EU) 2023/1795; T-553/23 (2025-09-03), appeal C-703/25 P"
              fr: "RGPD, art. 45 ; décision (UE) 2023/1795 ; T-553/23 (3 septembre 2025), pourvoi C-703/25 P"
            source: "https://curia.europa.eu/juris/liste.jsf?num=T-553/23"
            since: 2023-07-10
          - id: R3
            severity: block
            basis:
              en: "order of 2020-10-09 (Health Data Hub, CNAM), kept as a reusable clause"
              fr: "arrêté du 9 octobre 2020 (Health Data Hub, CNAM), gardé comme clause réutilisable"
            source: arrêté du 9 octobre 2020
            since: 2020-10-09
          - id: R4
            severity: block
            basis:
              en: "Schrems II (C-311/18); EDPB recommendations 01/2020, use case 6"
              fr: "Schrems II (C-311/18) ; recommandations 01/2020 du CEPD, cas d'usage 6"
            source: "https://curia.europa.eu/juris/liste.jsf?num=C-311/18"
            since: 2020-07-16
          - id: R5
            severity: block
            basis:
              en: "EDPB recommendations 01/2020, use case 1"
              fr: "recommandations 01/2020 du CEPD, cas d'usage 1"
            source: "EDPB recommendations 01/2020, version 2.0, annex 2"
            since: 2021-06-18
          - id: R6
            severity: block
            basis:
              en: "CNAM 2021, independently of contractual guarantees; Schrems II (C-311/18)"
              fr: "CNAM 2021, « indépendamment de garanties contractuelles » ; Schrems II (C-311/18)"
            source: "CNAM council, February 2021"
            since: null
          - id: R7
            severity: fact
            basis:
              en: "CLOUD Act; FISA section 702; Microsoft France before the Senate, 2025-06-10"
              fr: "CLOUD Act ; FISA, section 702 ; Microsoft France devant le Sénat, 10 juin 2025"
            source: "Public Law 115-141, division V; 50 USC 1881a"
            since: 2018-03-23
          - id: R8
            severity: warn
            derogable: true
            basis:
              en: "R. v. OVH, Ontario Court of Justice, 2024-04-19 and 2025-09-25"
              fr: "R. c. OVH, Cour de justice de l'Ontario, 19 avril 2024 et 25 septembre 2025"
            source: "https://heise.de/-11092029"
            since: null
          - id: R9
            severity: fact
            basis:
              en: "SecNumCloud 3.2 (ANSSI), section 19.6"
              fr: "SecNumCloud 3.2 (ANSSI), point 19.6"
            source: "ANSSI, SecNumCloud framework 3.2, section 19.6"
            since: null
          - id: R10
            severity: block
            derogable: true
            basis:
              en: "loi SREN (2024-449) art. 31"
              fr: "loi SREN (2024-449), art. 31"
            source: "loi n° 2024-449 du 21 mai 2024, art. 31"
            since: null
          - id: R11
            severity: warn
            derogable: true
            basis:
              en: "circular 6519/SG of 2026-02-05"
              fr: "circulaire 6519/SG du 5 février 2026"
            source: "circulaire n° 6519/SG du 5 février 2026"
            since: 2026-02-05
          - id: R12
            severity: block
            basis:
              en: "code de la santé publique art. L.1111-8; HDS framework v2 (2024-04-26)"
              fr: "code de la santé publique, art. L.1111-8 ; référentiel HDS v2 (26 avril 2024)"
            source: arrêté du 26 avril 2024
            since: null
          - id: R13
            severity: block
            basis:
              en: "HDS framework v2; décret 2026-209"
              fr: "référentiel HDS v2 ; décret 2026-209"
            source: décret n° 2026-209
            since: null
          - id: R14
            severity: block
            basis:
              en: "HDS framework v2; décret 2026-209"
              fr: "référentiel HDS v2 ; décret 2026-209"
            source: "décret n° 2026-209"
            since: null
          - id: R15
            severity: block
            basis:
              en: "HDS framework v2 (2024-04-26) has no criterion of immunity"
              fr: "le référentiel HDS v2 (26 avril 2024) n'a pas de critère d'immunité"
            source: "arrêté du 26 avril 2024"
            since: null
          - id: R16
            severity: block
            basis:
              en: "arrêté of 2024-05-06, security referential of the SNDS"
              fr: "arrêté du 6 mai 2024, référentiel de sécurité du SNDS"
            source: "arrêté du 6 mai 2024"
            since: null
          - id: R17
            severity: block
            basis:
              en: "security referential of the SNDS, section 6.2; GDPR art. 4(5)"
              fr: "référentiel de sécurité du SNDS, point 6.2 ; RGPD, art. 4(5)"
            source: "arrêté du 6 mai 2024, section 6.2"
            since: null
          - id: R18
            severity: block
            basis:
              en: "CNAM 2021, \"au cas par cas\"; CNIL on EMC2, three years only"
              fr: "CNAM 2021, « au cas par cas » ; CNIL sur EMC2, trois ans seulement"
            source: "CNAM council, February 2021"
            since: null
          - id: R19
            severity: fact
            basis:
              en: "ANSSI milestones J0 to J3; a qualification belongs to a service, a region and dates"
              fr: "jalons J0 à J3 de l'ANSSI ; une qualification appartient à un service, une région et des dates"
            source: "ANSSI, qualification process"
            since: null
          - id: R20
            severity: block
            basis:
              en: "CNIL 2024-01-22 on encryption in the cloud"
              fr: "CNIL, 22 janvier 2024, sur le chiffrement dans l'informatique en nuage"
            source: "CNIL, sheets of 2024-01-22"
            since: 2024-01-22
          - id: R21
            severity: warn
            basis:
              en: "CNIL 2024-01-22 on encryption in the cloud"
              fr: "CNIL, 22 janvier 2024, sur le chiffrement dans l'informatique en nuage"
            source: "CNIL, sheets of 2024-01-22"
            since: 2024-01-22
          - id: R22
            severity: warn
            basis:
              en: "derived from R10, R12, R18 and the contract"
              fr: "découle de R10, R12, R18 et du contrat"
            source: "derived"
            since: null
          - id: R23
            severity: warn
            derogable: true
            basis:
              en: "Data Act (regulation 2023/2854) art. 25"
              fr: "règlement sur les données (2023/2854), art. 25"
            source: "https://eur-lex.europa.eu/eli/reg/2023/2854/oj"
            since: 2025-09-12
          - id: R24
            severity: warn
            derogable: true
            basis:
              en: "Data Act (regulation 2023/2854) art. 29(1)"
              fr: "règlement sur les données (2023/2854), art. 29(1)"
            source: "https://eur-lex.europa.eu/eli/reg/2023/2854/oj"
            since: 2027-01-12
          - id: R25
            severity: warn
            derogable: true
            basis:
              en: "ANSSI on hybrid post-quantum key establishment; GDPR art. 32"
              fr: "ANSSI, sur l'établissement de clés hybride post-quantique ; RGPD, art. 32"
            source: "ANSSI views on the post-quantum cryptography transition"
            since: null
          - id: R26
            severity: block
            basis:
              en: "GDPR art. 5(1)(f)"
              fr: "RGPD, art. 5(1)(f)"
            source: "https://eur-lex.europa.eu/eli/reg/2016/679/oj"
            since: 2018-05-25
          - id: R27
            severity: warn
            derogable: true
            basis:
              en: "NIS2 (directive 2022/2555) art. 23(4)"
              fr: "NIS2 (directive 2022/2555), art. 23(4)"
            source: "https://eur-lex.europa.eu/eli/dir/2022/2555/oj"
            since: null

        """#
}
