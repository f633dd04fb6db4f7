"""Names of companies by their legal form, in many languages; makers, technology and weights that look like one."""

import pytest

from retriever.masking import mask_text
from tests.support.examples import pairs, parts

COMPANIES = r"""
Die Talblick Anlagenbau GmbH & Co. KG ruft an => Talblick Anlagenbau GmbH & Co. KG
Unsere Kundin Imkerei Sommerfeld GmbH fragt => Imkerei Sommerfeld GmbH
bei der Weidenbach AG hängt es => Weidenbach AG
Our client Larkspur Biscuits Ltd. waits => Larkspur Biscuits Ltd.
from Hollis, Crane & Webb LLP today => Hollis, Crane & Webb LLP
Pemberton Mills, Inc. reported => Pemberton Mills, Inc.
Saffron Valley Pvt. Ltd. called => Saffron Valley Pvt. Ltd.
Oatcroft plc says => Oatcroft plc
chez Ateliers Morvan S.A.R.L. à Brest => Ateliers Morvan S.A.R.L.
Transportes Quiroga e Hijos, S.L. no entra => Transportes Quiroga e Hijos, S.L.
Molinos del Sur S.A. de C.V. llama => Molinos del Sur S.A. de C.V.
a Padaria Estrela Ltda relata => Padaria Estrela Ltda
Officine Bertoldi S.p.A. segnala => Officine Bertoldi S.p.A.
De Ridder Transport B.V. belt => De Ridder Transport B.V.
Zielony Ogród Sp. z o.o. zgłasza => Zielony Ogród Sp. z o.o.
Dvořák a syn s.r.o. hlásí => Dvořák a syn s.r.o.
Pekárna Lípa a.s. volá => Pekárna Lípa a.s.
Tóth Malom Kft. jelzi => Tóth Malom Kft.
Bozkurt Gıda San. ve Tic. A.Ş. bildirdi => Bozkurt Gıda San. ve Tic. A.Ş.
Fjellheim Sag AS ringer => Fjellheim Sag AS
Björkdalens Såg AB ringer => Björkdalens Såg AB
Järvinen Leipomo Oy soittaa => Järvinen Leipomo Oy
звонит ООО «Синяя Птица» снова => ООО «Синяя Птица»
ТОВ "Зелений Гай" пише => ТОВ "Зелений Гай"
PT Sinar Laut Tbk melapor => PT Sinar Laut Tbk
杭州青禾网络科技有限公司反馈 => 杭州青禾网络科技有限公司
客户成都锦里食品股份有限公司要求 => 成都锦里食品股份有限公司
臺北海風股份有限公司來電 => 臺北海風股份有限公司
株式会社花園工房から連絡 => 株式会社花園工房
北斗精機株式会社の件 => 北斗精機株式会社
㈱ヒカリ工業 御中 => ㈱ヒカリ工業
주식회사 새벽식품에서 문의 => 주식회사 새벽식품
푸른바다물류(주) 담당 => 푸른바다물류(주)
"""
KEPT = """
Microsoft Corporation | signed by Adobe Inc. | Google LLC | Oracle Corporation | 华为技术有限公司的路由器
腾讯科技有限公司 | SQL AG failed | Always On AG listener | iPhone SE | Java SE 17 | Seagate SAS drive | 25 KG
IPsec SA lifetime | Siemens S7 PLC | Speed Limited | Access Limited | limited access | the LLC cache | Plan AB test
Type AS | 有限公司名称 | 请填写有限公司全称 | Inc is short | 5 Co. | the S.A. field | BGP AS 64512 | eine AG | Die GmbH
"""


@pytest.mark.parametrize(("text", "company"), pairs(COMPANIES))
def test_a_company_is_taken_with_its_legal_form(text: str, company: str) -> None:
    """From the first word of its name to the last one of its form; what leads to it stays."""
    assert mask_text(text).text == text.replace(company, "[COMPANY_1]")


@pytest.mark.parametrize("text", parts(KEPT))
def test_makers_and_technology_stay(text: str) -> None:
    """Whose product fails is what a search needs; short forms mean other things, too."""
    assert mask_text(text).text == text


def test_one_company_has_one_number() -> None:
    """Case and spaces make no difference."""
    text = "Talblick GmbH and TALBLICK GmbH, not Talgrund GmbH"

    assert mask_text(text).text == "[COMPANY_1] and [COMPANY_1], not [COMPANY_2]"
