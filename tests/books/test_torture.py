"""Every kind of thing that users own, in workbooks written part by part: filled, compared, read back, opened."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
import subprocess
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from loyalty_xl.books import reading
from loyalty_xl.books.patch import Patch, Style
from loyalty_xl.books.recalculation import bring_up_to_date
from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import WriteError

pytestmark = pytest.mark.filterwarnings("error")

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
SPACES = (
    f'xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    f'xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" xmlns:x15="{MICROSOFT}/spreadsheetml/2010/11/main" '
    f'xmlns:x14ac="{MICROSOFT}/spreadsheetml/2009/9/ac" xmlns:xm="{MICROSOFT}/excel/2006/main" '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    f'xmlns:xr="{MICROSOFT}/spreadsheetml/2014/revision" mc:Ignorable="x14ac xr"'
)
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
ART = "http://schemas.openxmlformats.org/drawingml/2006/main"
ANCHOR = (
    "<xdr:from><xdr:col>5</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>3</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
    "<xdr:to><xdr:col>7</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>6</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>"
)
VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t201" coordsize="21600,21600" '
    'o:spt="201" path="m,l,21600r21600,l21600,xe"/><v:shape id="_x0000_s1025" type="#_x0000_t201" '
    'style="position:absolute;width:90pt;height:30pt">{}</v:shape></xml>'
)
BUTTON = '<x:ClientData ObjectType="Button"><x:Anchor>5,0,3,0,7,0,6,0</x:Anchor><x:FmlaMacro>Refresh</x:FmlaMacro></x:ClientData>'
NOTE = '<x:ClientData ObjectType="Note"><x:Anchor>1,15,0,2,3,15,3,16</x:Anchor><x:Row>0</x:Row><x:Column>0</x:Column></x:ClientData>'
CONTROL = (
    '<mc:AlternateContent><mc:Choice Requires="x14"><controls><mc:AlternateContent><mc:Choice Requires="x14">'
    '<control shapeId="1025" r:id="rId3" name="{0}"><controlPr defaultSize="0" print="0" {1}><anchor>{2}</anchor>'
    '</controlPr></control></mc:Choice><mc:Fallback><control shapeId="1025" r:id="rId3" name="{0}"/></mc:Fallback>'
    "</mc:AlternateContent></controls></mc:Choice></mc:AlternateContent>"
)
FROM_TO = ANCHOR.replace("xdr:from", "from").replace("xdr:to", "to")
SHAPE = (
    f'{HEAD}<xdr:wsDr xmlns:xdr="{DRAWING}" xmlns:a="{ART}"><xdr:twoCellAnchor>{ANCHOR}'
    '<xdr:sp macro="[0]!Refresh" textlink="Scorecard!$B$2"><xdr:nvSpPr><xdr:cNvPr id="2" name="箭头 1"/><xdr:cNvSpPr/></xdr:nvSpPr>'
    '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></a:xfrm><a:prstGeom prst="rightArrow"><a:avLst/></a:prstGeom>'
    '</xdr:spPr><xdr:txBody><a:bodyPr/><a:p><a:fld id="{5A5E3B4C-1D2F-4B6A-9C3D-0123456789AB}" type="TxLink">'
    '<a:rPr lang="en-US"/><a:t>1</a:t></a:fld></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>'
)
SPARKLINES = (
    '<extLst><ext uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}"><x14:sparklineGroups><x14:sparklineGroup '
    'displayEmptyCellsAs="gap" xr:uid="{{00000000-0003-0000-0000-000000000001}}"><x14:colorSeries theme="4"/><x14:sparklines>'
    "<x14:sparkline><xm:f>Orders!B2:B9</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline></x14:sparklines>"
    "</x14:sparklineGroup></x14:sparklineGroups></ext></extLst>"
).replace("{{", "{").replace("}}", "}")  # fmt: skip
VALIDATIONS = (
    '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations count="1" xmlns:xm='
    f'"{MICROSOFT}/excel/2006/main"><x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>Orders!$A$2:$A$9'
    "</xm:f></x14:formula1><xm:sqref>E2:E9</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
)
FORMATS = (
    '<conditionalFormatting sqref="B2:B9"><cfRule type="dataBar" priority="1"><dataBar><cfvo type="min"/><cfvo type="max"/>'
    '<color rgb="FF638EC6"/></dataBar><extLst><ext uri="{B025F937-C7B1-47D3-B67F-A62EFF666E3E}"><x14:id>'
    "{DA7ABA51-AAAA-BBBB-0001-000000000001}</x14:id></ext></extLst></cfRule></conditionalFormatting>"
    '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x14:conditionalFormattings><x14:conditionalFormatting>'
    '<x14:cfRule type="dataBar" id="{DA7ABA51-AAAA-BBBB-0001-000000000001}"><x14:dataBar minLength="0" maxLength="100" border="1">'
    '<x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/><x14:borderColor rgb="FF638EC6"/></x14:dataBar></x14:cfRule>'
    "<xm:sqref>B2:B9</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
)
SLICER = (
    '<extLst><ext uri="{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}"><x14:slicerList><x14:slicer r:id="rId3"/>'
    "</x14:slicerList></ext></extLst>"
)
TABLE = (
    f'{HEAD}<table xmlns="{MAIN}" id="1" name="Their" displayName="Their" ref="H1:I3" totalsRowShown="0"><autoFilter ref="H1:I3"/>'
    '<tableColumns count="2"><tableColumn id="1" name="who"/><tableColumn id="2" name="n"/></tableColumns></table>'
)
CACHE = (
    f'{HEAD}<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}"{{}} r:id="rId1" recordCount="1"><cacheSource type="worksheet">'
    '<worksheetSource ref="A1:B3" sheet="Detail"/></cacheSource><cacheFields count="2"><cacheField name="kpi" numFmtId="0">'
    '<sharedItems count="1"><s v="a"/></sharedItems></cacheField><cacheField name="value" numFmtId="0"><sharedItems '
    'containsSemiMixedTypes="0" containsString="0" containsNumber="1" minValue="1" maxValue="1"/></cacheField></cacheFields>'
    "</pivotCacheDefinition>"
)
PIVOT = (
    f'{HEAD}<pivotTableDefinition xmlns="{MAIN}" name="P" cacheId="1" dataCaption="Values"><location ref="H1:I3" '
    'firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0"><items '
    'count="2"><item x="0"/><item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields>'
    '<rowFields count="1"><field x="0"/></rowFields><rowItems count="2"><i><x/></i><i t="grand"><x/></i></rowItems>'
    '<colItems count="1"><i/></colItems><dataFields count="1"><dataField name="Sum" fld="1"/></dataFields></pivotTableDefinition>'
)
RICH = f"{MICROSOFT}/spreadsheetml/2017/richdata"


@dataclass
class Owned:
    """One kind of thing that a user owns: its parts, and what refers to them."""

    parts: dict[str, str | bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)  # part or .ending -> content type
    links: list[tuple[str, str]] = field(default_factory=list)  # of the Scorecard, from rId1 on: type, target
    cells: str = ""  # more cells in the Scorecard's second row
    before: str = ""  # between </sheetData> and the drawing
    tail: str = ""
    workbook: str = ""  # behind the sheets
    properties: str = ""
    sheets: str = ""  # more entries of the list of sheets
    book_links: list[tuple[str, str, str]] = field(default_factory=list)
    beside: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)  # part -> its relationships
    changes: tuple[str, ...] = ()  # parts that have to change


def link(kind: str, base: str = OFFICE) -> str:
    """The type of a relationship."""
    return f"{base}/{kind}"


def vml(content: str) -> dict[str, str | bytes]:
    """A legacy drawing."""
    return {"xl/drawings/vmlDrawing1.vml": VML.format(content)}


def comments(author: str, text: str) -> str:
    """The part of notes with one note."""
    return (
        f'{HEAD}<comments xmlns="{MAIN}"><authors><author>{author}</author></authors><commentList>'
        f'<comment ref="A1" authorId="0"><text><t>{text}</t></text></comment></commentList></comments>'
    )


VML_TYPE = {".vml": "application/vnd.openxmlformats-officedocument.vmlDrawing"}
DRAWN = {"xl/drawings/drawing1.xml": "application/vnd.openxmlformats-officedocument.drawing+xml"}
LEGACY = (link("vmlDrawing"), "../drawings/vmlDrawing1.vml")
PLAIN_DRAWING = {"xl/drawings/drawing1.xml": f'{HEAD}<xdr:wsDr xmlns:xdr="{DRAWING}"/>'}
DRAWING_LINK = (link("drawing"), "../drawings/drawing1.xml")
OWNED = {
    "form_button": Owned(
        {
            **PLAIN_DRAWING,
            **vml(BUTTON),
            "xl/ctrlProps/ctrlProp1.xml": f'{HEAD}<formControlPr xmlns="{MICROSOFT}/spreadsheetml/2009/9/main" objectType="Button" lockText="1"/>',
        },
        {**VML_TYPE, **DRAWN, "xl/ctrlProps/ctrlProp1.xml": "application/vnd.ms-excel.controlproperties+xml"},
        [DRAWING_LINK, LEGACY, (link("ctrlProp"), "../ctrlProps/ctrlProp1.xml")],
        tail='<drawing r:id="rId1"/><legacyDrawing r:id="rId2"/>' + CONTROL.format("按钮 1", 'macro="[0]!Refresh"', FROM_TO),
    ),
    "shape": Owned({"xl/drawings/drawing1.xml": SHAPE}, DRAWN, [DRAWING_LINK], tail='<drawing r:id="rId1"/>'),
    "sparklines": Owned(tail=SPARKLINES),
    "extended_validations": Owned(tail=VALIDATIONS),
    "extended_formats": Owned(tail=FORMATS),
    "threaded_comments": Owned(
        {
            **vml(NOTE),
            "xl/comments1.xml": comments("tc={11111111-1111-1111-1111-111111111111}", "[Threaded comment] ask 张三"),
            "xl/threadedComments/threadedComment1.xml": f'{HEAD}<ThreadedComments xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments">'
            '<threadedComment ref="A1" dT="2026-07-01T08:00:00.00" personId="{22222222-2222-2222-2222-222222222222}" '
            'id="{11111111-1111-1111-1111-111111111111}"><text>ask 张三</text></threadedComment></ThreadedComments>',
            "xl/persons/person.xml": f'{HEAD}<personList xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments"><person displayName="李四" '
            'id="{22222222-2222-2222-2222-222222222222}" userId="li" providerId="None"/></personList>',
        },
        {
            **VML_TYPE,
            "xl/comments1.xml": f"{KIND}.comments+xml",
            "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
            "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        },
        [
            LEGACY,
            (link("comments"), "../comments1.xml"),
            (f"{MICROSOFT}/2017/10/relationships/threadedComment", "../threadedComments/threadedComment1.xml"),
        ],
        tail='<legacyDrawing r:id="rId1"/>',
        book_links=[("rId20", f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml")],
    ),
    "activex": Owned(
        {
            **PLAIN_DRAWING,
            **vml('<x:ClientData ObjectType="Pict"><x:Anchor>5,0,3,0,7,0,6,0</x:Anchor><x:CF>Pict</x:CF></x:ClientData>'),
            "xl/activeX/activeX1.xml": f'{HEAD}<ax:ocx xmlns:ax="{MICROSOFT}/2006/activeX" xmlns:r="{OFFICE}" '
            'ax:classid="{D7053240-CE69-11CD-A777-00DD01143C57}" ax:persistence="persistStreamInit" r:id="rId1"/>',
            "xl/activeX/activeX1.bin": bytes(range(256)) * 3,
        },
        {
            **VML_TYPE,
            **DRAWN,
            ".bin": "application/vnd.ms-office.activeX",
            "xl/activeX/activeX1.xml": "application/vnd.ms-office.activeX+xml",
        },
        [DRAWING_LINK, LEGACY, (link("control"), "../activeX/activeX1.xml")],
        tail='<drawing r:id="rId1"/><legacyDrawing r:id="rId2"/>' + CONTROL.format("CommandButton1", 'autoLine="0"', FROM_TO),
        beside={"xl/activeX/activeX1.xml": [("rId1", f"{MICROSOFT}/2006/relationships/activeXControlBinary", "activeX1.bin")]},
    ),
    "slicer": Owned(
        {
            "xl/tables/table1.xml": TABLE,
            "xl/slicers/slicer1.xml": f'{HEAD}<slicers xmlns="{MICROSOFT}/spreadsheetml/2009/9/main"><slicer name="who" cache="Slicer_who" '
            'caption="who" rowHeight="241300"/></slicers>',
            "xl/slicerCaches/slicerCache1.xml": f'{HEAD}<slicerCacheDefinition xmlns="{MICROSOFT}/spreadsheetml/2009/9/main" '
            f'xmlns:x15="{MICROSOFT}/spreadsheetml/2010/11/main" xmlns:x="{MAIN}" name="Slicer_who" sourceName="who"><extLst><x:ext '
            'uri="{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}"><x15:tableSlicerCache tableId="1" column="1"/></x:ext></extLst></slicerCacheDefinition>',
        },
        {
            "xl/tables/table1.xml": f"{KIND}.table+xml",
            "xl/slicers/slicer1.xml": "application/vnd.ms-excel.slicer+xml",
            "xl/slicerCaches/slicerCache1.xml": "application/vnd.ms-excel.slicerCache+xml",
        },
        [
            (link("table"), "../tables/table1.xml"),
            (link("hyperlink"), "https://example.org/"),
            (f"{MICROSOFT}/2007/relationships/slicer", "../slicers/slicer1.xml"),
        ],
        tail='<hyperlinks><hyperlink ref="A1" r:id="rId2"/></hyperlinks><tableParts count="1"><tablePart r:id="rId1"/></tableParts>' + SLICER,
        workbook='<extLst><ext uri="{46BE6895-7355-4a93-B00E-2C351335B9C9}"><x15:slicerCaches><x14:slicerCache r:id="rId20"/>'
        "</x15:slicerCaches></ext></extLst>",
        book_links=[("rId20", f"{MICROSOFT}/2007/relationships/slicerCache", "slicerCaches/slicerCache1.xml")],
    ),
    "rich_data": Owned(
        {
            "xl/metadata.xml": f'{HEAD}<metadata xmlns="{MAIN}" xmlns:xlrd="{RICH}"><metadataTypes count="1"><metadataType name="XLRICHVALUE" '
            'minSupportedVersion="120000" copy="1" pasteAll="1"/></metadataTypes><futureMetadata name="XLRICHVALUE" count="1"><bk><extLst><ext '
            'uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}"><xlrd:rvb i="0"/></ext></extLst></bk></futureMetadata><valueMetadata count="1"><bk>'
            '<rc t="1" v="0"/></bk></valueMetadata></metadata>',
            "xl/richData/rdrichvalue.xml": f'{HEAD}<rvData xmlns="{RICH}" count="1"><rv s="0"><v>8</v></rv></rvData>',
            "xl/richData/rdrichvaluestructure.xml": f'{HEAD}<rvStructures xmlns="{RICH}" count="1"><s t="_error"><k n="errorType" t="i"/></s></rvStructures>',
        },
        {
            "xl/metadata.xml": f"{KIND}.sheetMetadata+xml",
            "xl/richData/rdrichvalue.xml": "application/vnd.ms-excel.rdrichvalue+xml",
            "xl/richData/rdrichvaluestructure.xml": "application/vnd.ms-excel.rdrichvaluestructure+xml",
        },
        cells='<c r="H2" t="e" vm="1"><v>#VALUE!</v></c>',
        book_links=[
            ("rId20", link("sheetMetadata"), "metadata.xml"),
            ("rId21", f"{MICROSOFT}/2017/06/relationships/rdRichValue", "richData/rdrichvalue.xml"),
            ("rId22", f"{MICROSOFT}/2017/06/relationships/rdRichValueStructure", "richData/rdrichvaluestructure.xml"),
        ],
    ),
    "date1904": Owned(properties=' date1904="1"'),
    "module_sheet": Owned(sheets='<sheet name="Module1" sheetId="9" state="veryHidden" r:id=""/>'),
    "protected": Owned(
        before='<sheetProtection algorithmName="SHA-512" hashValue="AAAA" saltValue="BBBB" spinCount="100000" sheet="1" objects="1"/>'
        '<protectedRanges><protectedRange sqref="E2:E9" name="theirs"/></protectedRanges><scenarios current="0"><scenario name="best" count="1">'
        '<inputCells r="E2" val="1"/></scenario></scenarios>',
        tail='<ignoredErrors><ignoredError sqref="A1:B9" numberStoredAsText="1"/></ignoredErrors>',
    ),
    "macros_and_links": Owned(
        {
            "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 an OLE file as far as anybody here is concerned",
            "xl/externalLinks/externalLink1.xml": f'{HEAD}<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"><sheetNames>'
            '<sheetName val="S"/></sheetNames></externalBook></externalLink>',
            "customXml/item1.xml": "<theirs>\r\n  <kept exactly='so'/></theirs>",
            "customUI/customUI14.xml": f'<customUI xmlns="{MICROSOFT}/2009/07/customui"/>',
            "docMetadata/LabelInfo.xml": f'<clbl:labelList xmlns:clbl="{MICROSOFT}/2020/mipLabelMetadata"/>',
        },
        {
            ".bin": "application/vnd.ms-office.vbaProject",
            "xl/externalLinks/externalLink1.xml": f"{KIND}.externalLink+xml",
        },
        workbook='<externalReferences><externalReference r:id="rId20"/></externalReferences>',
        book_links=[
            ("rId20", link("externalLink"), "externalLinks/externalLink1.xml"),
            ("rId21", f"{MICROSOFT}/2006/relationships/vbaProject", "vbaProject.bin"),
        ],
        beside={"xl/externalLinks/externalLink1.xml": [("rId1", link("externalLinkPath"), "other.xlsx")]},
    ),
    "absolute_targets": Owned(
        {**vml(NOTE), "xl/comments1.xml": comments("they", "kept")},
        {**VML_TYPE, "xl/comments1.xml": f"{KIND}.comments+xml"},
        [(link("vmlDrawing"), "/xl/drawings/vmlDrawing1.vml"), (link("comments"), "/xl/comments1.xml")],
        tail='<legacyDrawing r:id="rId1"/>',
    ),
}  # fmt: skip
for _asked in ("", ' refreshOnLoad="1"'):
    OWNED["pivot_refreshed" if _asked else "pivot"] = Owned(
        {
            "xl/pivotCache/pivotCacheDefinition1.xml": CACHE.format(_asked),
            "xl/pivotCache/pivotCacheRecords1.xml": f'{HEAD}<pivotCacheRecords xmlns="{MAIN}" count="1"><r><x v="0"/><n v="1"/></r></pivotCacheRecords>',
            "xl/pivotTables/pivotTable1.xml": PIVOT,
        },
        {
            "xl/pivotCache/pivotCacheDefinition1.xml": f"{KIND}.pivotCacheDefinition+xml",
            "xl/pivotCache/pivotCacheRecords1.xml": f"{KIND}.pivotCacheRecords+xml",
            "xl/pivotTables/pivotTable1.xml": f"{KIND}.pivotTable+xml",
        },
        [(link("pivotTable"), "../pivotTables/pivotTable1.xml")],
        workbook='<pivotCaches><pivotCache cacheId="1" r:id="rId20"/></pivotCaches>',
        book_links=[("rId20", link("pivotCacheDefinition"), "pivotCache/pivotCacheDefinition1.xml")],
        beside={
            "xl/pivotCache/pivotCacheDefinition1.xml": [
                ("rId1", link("pivotCacheRecords"), "pivotCacheRecords1.xml")
            ],
            "xl/pivotTables/pivotTable1.xml": [
                ("rId1", link("pivotCacheDefinition"), "../pivotCache/pivotCacheDefinition1.xml")
            ],
        },
        changes=() if _asked else ("xl/pivotCache/pivotCacheDefinition1.xml",),
    )  # fmt: skip
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def relationships(items: list[tuple[str, str, str]]) -> str:
    """A part of relationships."""
    outside = ("/hyperlink", "/externalLinkPath")
    body = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if kind.endswith(outside) else "/>")
        for name, kind, target in items
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{body}</Relationships>'


def make(path: Path, owned: Owned) -> Path:
    """A workbook of three sheets with *owned* in the one that is filled."""
    base = "/xl/" if path.stem == "absolute_targets" else ""
    names = ("Scorecard", "Detail", "Orders")
    orders = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>客户 {n}</t></is></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 60)
    )  # fmt: skip
    rows = (
        '<row r="1" spans="1:9" x14ac:dyDescent="0.25"><c r="A1" t="inlineStr"><is><t>KPI</t></is></c></row>'
        f'<row r="2" x14ac:dyDescent="0.25"><c r="A2" t="inlineStr"><is><t>NPS</t></is></c><c r="B2"><v>1</v></c>{owned.cells}</row>'
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Default Extension="{k[1:]}" ContentType="{v}"/>' for k, v in owned.types.items() if k[0] == ".")
        + f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        + f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{KIND}.worksheet+xml"/>' for n in (1, 2, 3)
        )
        + "".join(f'<Override PartName="/{k}" ContentType="{v}"/>' for k, v in owned.types.items() if k[0] != ".")
        + "</Types>",
        "_rels/.rels": relationships([("rId1", link("officeDocument"), f"{base or 'xl/'}workbook.xml")]),
        "xl/workbook.xml": f"{HEAD}<workbook {SPACES}><workbookPr{owned.properties}/><sheets>"
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1))
        + f"{owned.sheets}</sheets>{owned.workbook}</workbook>",
        "xl/_rels/workbook.xml.rels": relationships(
            [(f"rId{n}", link("worksheet"), f"{base}worksheets/sheet{n}.xml") for n in (1, 2, 3)]
            + [("rId9", link("styles"), f"{base}styles.xml"), *owned.book_links]
        ),
        "xl/worksheets/sheet1.xml": f'{HEAD}<worksheet {SPACES}><!-- theirs --><dimension ref="A1:I9"/><sheetData>{rows}</sheetData>{owned.before}'
        f'<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>{owned.tail}</worksheet>',
        "xl/worksheets/sheet2.xml": f"{HEAD}<worksheet {SPACES}><sheetData/></worksheet>",
        "xl/worksheets/sheet3.xml": f"{HEAD}<worksheet {SPACES}><sheetData>{orders}</sheetData></worksheet>",
        "xl/styles.xml": STYLES,
        **owned.parts,
    }  # fmt: skip
    if owned.links:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = relationships(
            [(f"rId{n}", *each) for n, each in enumerate(owned.links, 1)]
        )
    for part, items in owned.beside.items():
        folder, name = part.rsplit("/", 1)
        parts[f"{folder}/_rels/{name}.rels"] = relationships(items)
    for name, content in parts.items():  # what is compared has to be real
        if not name.endswith((".bin", ".vml")):
            etree.fromstring(content.encode() if isinstance(content, str) else content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def as_strict(path: Path) -> Path:
    """Save a workbook in the strict dialect: other namespaces for the same things."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    for name, data in parts.items():
        for one, other in (
            (f"{OFFICE}/", b"http://purl.oclc.org/ooxml/officeDocument/relationships/"),
            (f'"{OFFICE}"', b'"http://purl.oclc.org/ooxml/officeDocument/relationships"'),
            (f'"{MAIN}"', b'"http://purl.oclc.org/ooxml/spreadsheetml/main"'),
        ):
            data = data.replace(one.encode(), other)
        parts[name] = data.replace(b"<workbook ", b'<workbook conformance="strict" ')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


def as_zip64(path: Path) -> Path:
    """Save a workbook with the wide headers that programs write when they stream."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            with new.open(name, "w", force_zip64=True) as member:
                member.write(data)
    return path


def fill(path: Path) -> tuple[str, ...]:
    """Do to a workbook what a refresh does; give the parts that were written."""
    patch = Patch(path)
    patch.put("Scorecard", 2, 2, 42.5, Style("0.0"))
    patch.put("Scorecard", 3, 1, "净推荐值 <&>")
    patch.put("Scorecard", 3, 2, dt.date(2026, 7, 31), Style("yyyy-mm-dd"))
    patch.replace("Detail", 2, [["NPS", n / 4] for n in range(30)])
    bring_up_to_date(patch, libreoffice=False)
    written: list[str] = []
    replace_file(path, lambda new: written.extend(patch.save(new)), patch.verify)
    assert patch.refused == []
    return tuple(written)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All workbooks, each before (`old`) and after (`new`) it was filled."""
    folder = tmp_path_factory.mktemp("torture")
    (folder / "old").mkdir()
    (folder / "new").mkdir()
    for name, owned in OWNED.items():
        make(folder / "old" / f"{name}.xlsx", owned)
    as_strict(make(folder / "old" / "strict.xlsx", OWNED["sparklines"]))
    as_zip64(make(folder / "old" / "zip64.xlsx", OWNED["shape"]))
    for old in (folder / "old").iterdir():
        shutil.copyfile(old, folder / "new" / old.name)
        fill(folder / "new" / old.name)
    return folder


NAMES = [*OWNED, "strict", "zip64"]


def contents(path: Path) -> dict[str, bytes]:
    """The parts of a package, its checksums verified."""
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_filled_parts_differs(folder: Path, name: str) -> None:
    """Two sheets and the styles are written; every other part is the same bytes, in the same order."""
    old, new = (contents(folder / which / f"{name}.xlsx") for which in ("old", "new"))
    changes = OWNED[name].changes if name in OWNED else ()
    allowed = {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml", *changes}
    assert list(old) == list(new)
    assert {part for part in old if old[part] != new[part]} == allowed


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_around_the_filled_cells_stays(folder: Path, name: str) -> None:
    """In the filled sheet everything before the rows, behind them, and in cells not filled is the same bytes."""
    old, new = (
        contents(folder / which / f"{name}.xlsx")["xl/worksheets/sheet1.xml"].decode() for which in ("old", "new")
    )
    assert old[: old.index("<row")] == new[: new.index("<row")]
    assert old[old.index("</sheetData>") :] == new[new.index("</sheetData>") :]
    assert re.search('<row r="1".*?</row>', old)[0] in new  # type: ignore[index]
    cells = OWNED[name].cells if name in OWNED else ""
    assert cells in new
    assert etree.fromstring(new.encode()) is not None


@pytest.mark.parametrize("name", NAMES)
def test_two_readers_find_what_was_filled(folder: Path, name: str) -> None:
    """calamine and openpyxl read the new values, the user's own, and the right day in either calendar."""
    path = folder / "new" / f"{name}.xlsx"
    if name == "module_sheet":  # which neither of them opens, before or after
        assert len(reading.read(path)["Detail"]) == 30
        return
    read = CalamineWorkbook.from_path(str(path))
    rows = read.get_sheet_by_name("Scorecard").to_python()
    assert rows[1][:2] == ["NPS", 42.5]
    assert rows[2][:2] == ["净推荐值 <&>", dt.date(2026, 7, 31)]
    assert read.get_sheet_by_name("Detail").to_python() == [["NPS", n / 4] for n in range(30)]
    assert read.get_sheet_by_name("Orders").to_python()[58] == ["客户 59", 59]
    if name == "strict":
        return  # openpyxl knows no strict workbooks
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says what it would lose
        book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book["Scorecard"][3][:2]] == ["净推荐值 <&>", dt.datetime(2026, 7, 31)]
    assert book["Detail"]["B31"].value == 7.25


@pytest.mark.parametrize("name", NAMES)
def test_filling_again_changes_nothing(folder: Path, name: str, tmp_path: Path) -> None:
    """The same fill a second time finds every cell as it should be."""
    book = tmp_path / "again.xlsx"
    shutil.copyfile(folder / "new" / f"{name}.xlsx", book)
    assert fill(book) == ()


def test_a_filled_rich_cell_loses_its_old_meaning_only(tmp_path: Path) -> None:
    """Filling a cell that shows a linked data type takes its `vm` away, and leaves the rich data of others."""
    book = make(tmp_path / "rich_data.xlsx", OWNED["rich_data"])
    old = contents(book)
    patch = Patch(book)
    patch.put("Scorecard", 2, 8, "text")
    patch.save(tmp_path / "new.xlsx")
    new = contents(tmp_path / "new.xlsx")
    assert b"vm=" not in new["xl/worksheets/sheet1.xml"]
    assert {part for part in old if old[part] != new[part]} == {"xl/worksheets/sheet1.xml"}


def test_signed_packages_are_refused_whole(tmp_path: Path) -> None:
    """A workbook with a signature is not touched: E404, the same bytes, nothing beside it."""
    signed = Owned({"_xmlsignatures/sig1.xml": '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'})
    book = make(tmp_path / "signed.xlsx", signed)
    before = book.read_bytes()
    with pytest.raises(WriteError) as error:
        fill(book)
    assert error.value.code == "E404"
    assert book.read_bytes() == before
    assert list(tmp_path.iterdir()) == [book]


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_every_one(folder: Path, tmp_path: Path) -> None:
    """A real spreadsheet program loads all filled workbooks and shows the new values in the first sheet."""
    files = sorted((folder / "new").glob("*.xlsx"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        "soffice",
        "--headless",
        "--norestore",
        profile,
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76",
    ]
    subprocess.run([*command, "--outdir", str(tmp_path), *map(str, files)], check=True, timeout=60, capture_output=True)
    for file in files:
        with (tmp_path / f"{file.stem}.csv").open(encoding="utf-8", newline="") as text:
            rows = list(csv.reader(text))
        assert rows[1][:2] == ["NPS", "42.5"], file.stem
        assert rows[2][:2] == ["净推荐值 <&>", "2026-07-31"], file.stem
