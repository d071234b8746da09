// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/rulebook.yaml`.
    static let rulebook = #"""
        # The rulebook: what follows where a rule is not satisfied, on which basis, since when.
        # `severity`: block (the dataset does not move), warn, fact. `since: null` is not verified.
        # R5 holds with a reservation and then warns; where its conditions fail it blocks like R4.
        version: "2026.1"
        rules:
          - id: R1
            severity: block
            basis:
              en: "GDPR chapter V (art. 44 to 49)"
              fr: "RGPD, chapitre V (art. 44 à 49)"
            source: "https://eur-lex.europa.eu/eli/reg/2016/679/oj"
            since: 2018-05-25
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
          - id: R7
            severity: fact
            basis:
              en: "CLOUD Act; FISA section 702; Microsoft France before the Senate, 2025-06-10"
              fr: "CLOUD Act ; FISA, section 702 ; Microsoft France devant le Sénat, 10 juin 2025"
            source: "Public Law 115-141, division V; 50 USC 1881a"
            since: 2018-03-23
          - id: R10
            severity: block
            derogable: true
            basis:
              en: "loi SREN (2024-449) art. 31"
              fr: "loi SREN (2024-449), art. 31"
            source: "loi no. 2024-449 du 21 mai 2024, art. 31"
            since: null
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
            source: décret no. 2026-209
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

        """#
}
