// Written by scripts/embed-seeds from seeds/; do not edit.
// swift-format-ignore-file

extension EmbeddedSeeds {
    /// `seeds/jurisdictions.yaml`.
    static let jurisdictions = #"""
        # Who belongs to the EU and the EEA, and whom the Commission found adequate (GDPR art. 45).
        # Countries are ISO 3166-1 alpha-2; `circle: EU` is a member of both, `circle: EEA` of the EEA alone.
        # A `name` is one word where it reads the same in English and French, else `{en: …, fr: …}`.
        # A decision with an `id` can be assumed away by that name (`DPF=invalid`).
        # A decision with `scope` covers some organisations only: alone it leaves a place unknown.
        members:
          - {country: AT, name: {en: Austria, fr: Autriche}, circle: EU, from: 1995-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: BE, name: {en: Belgium, fr: Belgique}, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: BG, name: {en: Bulgaria, fr: Bulgarie}, circle: EU, from: 2007-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: CY, name: {en: Cyprus, fr: Chypre}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: CZ, name: {en: Czechia, fr: Tchéquie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: DE, name: {en: Germany, fr: Allemagne}, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: DK, name: {en: Denmark, fr: Danemark}, circle: EU, from: 1973-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: EE, name: {en: Estonia, fr: Estonie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: ES, name: {en: Spain, fr: Espagne}, circle: EU, from: 1986-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: FI, name: {en: Finland, fr: Finlande}, circle: EU, from: 1995-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: FR, name: France, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: GR, name: {en: Greece, fr: Grèce}, circle: EU, from: 1981-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: HR, name: {en: Croatia, fr: Croatie}, circle: EU, from: 2013-07-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: HU, name: {en: Hungary, fr: Hongrie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: IE, name: {en: Ireland, fr: Irlande}, circle: EU, from: 1973-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: IT, name: {en: Italy, fr: Italie}, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: LT, name: {en: Lithuania, fr: Lituanie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: LU, name: Luxembourg, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: LV, name: {en: Latvia, fr: Lettonie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: MT, name: {en: Malta, fr: Malte}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: NL, name: {en: Netherlands, fr: Pays-Bas}, circle: EU, from: 1958-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: PL, name: {en: Poland, fr: Pologne}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: PT, name: Portugal, circle: EU, from: 1986-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: RO, name: {en: Romania, fr: Roumanie}, circle: EU, from: 2007-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: SE, name: {en: Sweden, fr: Suède}, circle: EU, from: 1995-01-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: SI, name: {en: Slovenia, fr: Slovénie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: SK, name: {en: Slovakia, fr: Slovaquie}, circle: EU, from: 2004-05-01, source: "https://european-union.europa.eu/principles-countries-history/eu-countries_en", verifiedOn: 2026-11-23}
          - {country: GP, name: Guadeloupe, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: GF, name: {en: French Guiana, fr: Guyane}, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: MQ, name: Martinique, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: RE, name: {en: Réunion, fr: La Réunion}, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: YT, name: Mayotte, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: MF, name: Saint-Martin, circle: EU, source: "TFEU art. 349 and 355(1): outermost region of France", verifiedOn: 2026-11-23}
          - {country: IS, name: {en: Iceland, fr: Islande}, circle: EEA, from: 1994-01-01, source: "https://www.efta.int/eea", verifiedOn: 2026-11-23}
          - {country: LI, name: Liechtenstein, circle: EEA, from: 1995-05-01, source: "https://www.efta.int/eea", verifiedOn: 2026-11-23}
          - {country: "NO", name: {en: Norway, fr: Norvège}, circle: EEA, from: 1994-01-01, source: "https://www.efta.int/eea", verifiedOn: 2026-11-23}
        adequacy:
          - country: AD
            name: {en: Andorra, fr: Andorre}
            decision: 2010/625/EU
            from: 2010-10-19
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: AR
            name: {en: Argentina, fr: Argentine}
            decision: 2003/490/EC
            from: 2003-06-30
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: BR
            name: {en: Brazil, fr: Brésil}
            decision: (EU) 2026/179
            from: 2026-01-26
            source: "https://europalov.no/rettsakt/beskyttelse-av-personopplysninger-ved-datautveksling-med-brasil/id-34841"
            verifiedOn: 2026-11-23
          - country: CA
            name: Canada
            decision: 2002/2/EC
            scope:
              en: commercial organisations under PIPEDA
              fr: organisations commerciales soumises à la LPRPDE
            from: 2001-12-20
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: CH
            name: {en: Switzerland, fr: Suisse}
            decision: 2000/518/EC
            from: 2000-07-26
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: FO
            name: {en: Faroe Islands, fr: Îles Féroé}
            decision: 2010/146/EU
            from: 2010-03-05
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: GB
            name: {en: United Kingdom, fr: Royaume-Uni}
            decision: "(EU) 2021/1772, renewed 2025-12-19"
            from: 2021-06-28
            until: 2031-12-27
            source: "https://www.dpocentre.com/news/eu-renews-uk-personal-data-adequacy-decisions"
            verifiedOn: 2026-11-23
          - country: GG
            name: {en: Guernsey, fr: Guernesey}
            decision: 2003/821/EC
            from: 2003-11-21
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: IL
            name: {en: Israel, fr: Israël}
            decision: 2011/61/EU
            from: 2011-01-31
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: IM
            name: {en: Isle of Man, fr: Île de Man}
            decision: 2004/411/EC
            from: 2004-04-28
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: JE
            name: Jersey
            decision: 2008/393/EC
            from: 2008-05-08
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - country: JP
            name: {en: Japan, fr: Japon}
            decision: (EU) 2019/419
            from: 2019-01-23
            source: "https://commission.europa.eu/law/law-topic/data-protection/international-dimension-data-protection/adequacy-decisions_en"
            verifiedOn: 2026-11-23
          - country: KR
            name: {en: Republic of Korea, fr: République de Corée}
            decision: (EU) 2022/254
            from: 2021-12-17
            source: "https://commission.europa.eu/law/law-topic/data-protection/international-dimension-data-protection/adequacy-decisions_en"
            verifiedOn: 2026-11-23
          - country: NZ
            name: {en: New Zealand, fr: Nouvelle-Zélande}
            decision: 2013/65/EU
            from: 2012-12-19
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23
          - id: DPF
            country: US
            name: {en: United States, fr: États-Unis}
            decision: (EU) 2023/1795
            scope:
              en: organisations certified under the EU-US Data Privacy Framework
              fr: organisations certifiées au titre du cadre de protection des données UE-États-Unis
            from: 2023-07-10
            source: "upheld by T-553/23 of 2025-09-03; appeal C-703/25 P brought on 2025-10-31 (OJ C/2025/6610), pending in June 2026"
            verifiedOn: 2026-11-24
          - country: UY
            name: Uruguay
            decision: 2012/484/EU
            from: 2012-08-21
            source: "http://eur-lex.europa.eu/eli/dec_impl/2016/2295/oj; review of eleven decisions, 2024-01-15"
            verifiedOn: 2026-11-23

        """#
}
