"""Names and addresses in made-up sentences, some announced and some not: measured, since rules cannot promise them."""

import random

from benchmarks.data.masking_samples import CONTEXTS, Sample, digits, listed

_CHINESE = listed(
    "张伟|王芳|李娜|刘洋|陈静|杨丽华|赵敏|黄晓明|周建国|吴雪梅|徐子轩|孙浩然|马超|朱晨曦|欧阳雪|司马光明|"
    "何雨桐|郭涛|高翔|林志强"
)
_CHINESE_CARRIERS = listed(
    "联系人：{}，电话稍后提供|我叫{}，账号登不上|收货人：{}|请{}先生尽快回复|客户姓名：{}。|"
    "这里是{}，想咨询退款|{}女士来电投诉|昨天{}说打印机又坏了|已转给{}处理|由{}签收"
)
_LATIN = listed(
    "Anna Berg|John Miller|Maria Garcia|Pierre Dubois|Lukas Schmidt|Emily Johnson|Sofia Rossi|David O'Brien|"
    "Laura Fernández|Jürgen Müller|Claire Lefèvre|Peter van Dijk|Michael Brown|Ingrid Larsen|Carlos Ruiz"
)
_LATIN_CARRIERS = listed(
    "Dear {},\nthe update failed.|Hello {},\nplease see below.|It still fails.\nBest regards,\n{}|"
    "My name is {} and I cannot log in|Customer name: {}|Please contact Mr. {} about it|"
    "Ich heiße {} und habe ein Problem|Wenden Sie sich an Frau {}.|je m'appelle {}, mon compte est bloqué|"
    "me llamo {} y no puedo entrar|We spoke with {} yesterday|assigned to {} since Monday"
)
_CITIES = listed(
    "上海市浦东新区|北京市朝阳区|广东省深圳市南山区|浙江省杭州市西湖区|四川省成都市武侯区|湖北省武汉市洪山区"
)
_ROADS = listed("世纪大道|建国路|科技园路|文三路|人民南路|珞喻路|中山北路|解放街")
_STREETS = listed(
    "{n} Baker Street, London|{n} Maple Avenue, Springfield, IL 62704|Hauptstraße {n}, 10115 Berlin|"
    "Lindenweg {n}, 80331 München|{n} rue de la République, 69002 Lyon|Calle de Alcalá {n}, 28014 Madrid|"
    "Via Roma {n}, 00184 Roma|{n} Park Lane"
)


def names(count: int, seed: int) -> list[Sample]:
    """Half Chinese, half in Latin letters; about a quarter without any cue."""
    rng = random.Random(f"{seed}/names")
    made = []
    for _ in range(count):
        chinese = rng.random() < 0.5
        name = rng.choice(_CHINESE if chinese else _LATIN)
        before, after = rng.choice(_CHINESE_CARRIERS if chinese else _LATIN_CARRIERS).split("{}")
        made.append(Sample("name", before + name + after, len(before), len(before) + len(name)))
    return made


def addresses(count: int, seed: int) -> list[Sample]:
    """Half Chinese, half of four European languages."""
    rng = random.Random(f"{seed}/addresses")
    made = []
    for _ in range(count):
        number = str(rng.randint(1, 299))
        chinese = (
            rng.choice(_CITIES)
            + rng.choice(_ROADS)
            + number
            + "号"
            + rng.choice(["", "3栋501室", "B座12楼", f"{digits(rng, 2)}室"])
        )
        place = chinese if rng.random() < 0.5 else rng.choice(_STREETS).format(n=number)
        before, after = rng.choice(CONTEXTS).split("{}")
        made.append(Sample("address", before + place + after, len(before), len(before) + len(place)))
    return made


def known_names(count: int, seed: int) -> list[tuple[str, Sample]]:
    """Names that the ticket's record gives, mentioned in running text in another spelling."""
    rng = random.Random(f"{seed}/known")
    made = []
    for _ in range(count):
        name = rng.choice(_CHINESE + _LATIN)
        first, _, last = name.rpartition(" ")
        spelled = rng.choice([name, name.upper(), f"{last}, {first}", name.lower()]) if first else name
        before, after = rng.choice(CONTEXTS).split("{}")
        made.append((name, Sample("known name", before + spelled + after, len(before), len(before) + len(spelled))))
    return made
