# ruff: noqa: E501 - a table
"""Which reader reads which file, so that only the readers that are needed are loaded. A test holds this against the
readers' own ``EXTENSIONS``."""

from __future__ import annotations

FORMATS: dict[str, str] = {
    "source.c": ".h .c .hpp .hh .hxx .h++ .cpp .cc .cxx .c++ .inl .ipp .tpp .cu .cuh .m .mm .pch .sip .swg",
    "source.java": ".java .aidl .groovy .jav",
    "source.csharp": ".cs .csx .cshtml",
    "source.dart": ".dart",
    "source.kotlin": ".kt .kts",
    "source.go": ".go",
    "source.rust": ".rs",
    "source.swift": ".swift .swiftinterface",
    "source.python": ".py .pyi .pyw .pyx .pyt",
    "source.javascript": ".js .jsx .mjs .cjs .ts .mts .cts .tsx .wxs .es6",
    "source.php": ".php .phtml .inc .php5 .php7",
    "source.ruby": ".rb .rake .gemspec .ru",
    "source.sql": ".sql .ddl .pls .plsql .psql .hql .pks .pkb",
    "source.proto": ".proto",
    "source.pascal": ".pas .dpr .pp .lpr",
    "source.xsd": ".xsd .wsdl",
    "source.vue": ".vue",
    "source.qtui": ".ui",
    "source.basic": ".vb .bas .frm .vbs .vba",
    "source.scala": ".scala .sc",
    "source.shell": ".sh .bash .zsh .ksh .command .ps1 .psm1 .psd1 .bat .cmd .http",
    "source.idl": ".thrift .fbs .graphql .graphqls .gql .asn .asn1",
    "source.hashed": ".r .pl .pm .psgi .jl .lua",
    "resource.json": ".json .json5 .jsonc .jsonl .ndjson .geojson .jsonld .webmanifest .ipynb .avsc .har .topojson .arb .babelrc .eslintrc .prettierrc .resjson",
    "resource.yaml": ".yaml .yml .eyaml .clang-format .raml",
    "resource.toml": ".toml pipfile poetry.lock cargo.lock uv.lock pdm.lock",
    "resource.ini": ".ini .properties .strings .env .cfg .conf .config.ini .inf .desktop .lang .reg .editorconfig .url .service .lng .prefs setup.cfg",
    "resource.po": ".po .pot",
    "resource.xml": ".xml .plist .resx .xlf .xliff .ts.xml .axml .xaml .config .xsl .xslt .rdf .owl .docbook .dbk .svg .storyboard .xib .kgm .tmx .wxl .fxml .gml .kml .entitlements .stringsdict",
    "resource.html": ".html .htm .xhtml .shtml .jsp .jspx .asp .aspx .ftl .vm .ejs .hbs .tmpl .j2 .jinja .wxml .cshtml .master .ascx",
    "resource.csv": ".csv .tsv .tab .psv",
    "document.markdown": ".md .markdown .mkd .mdx .rmd .qmd .mdown metadata pkg-info readme",
    "document.rst": ".rst .rest .rstx",
    "document.prose": ".txt .text .log .srt .vtt .ass .ssa .adoc .asciidoc .tex .org .wiki license copying changelog authors news notice copyright",
}
"""Reader to the ends of file names it reads, or whole names, in lower case; the first reader to name one has it."""
