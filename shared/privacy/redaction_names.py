"""Names of people, where the words around say that there is one.

A name is a surname and one or two characters that names have. What reads as a word (安全, 周末, 方法) is none.
Nobody can find every name without knowing the people: a name that nothing introduces stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from shared.privacy.redaction_forms import NAME, NUMBER_MASK, Span, masked

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田"
    "任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦"
    "季俞章鲁葛伍韦申尤毕聂焦向柳邢岳齐梅莫庄辛管祝左涂谷祁耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃"
    "霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎"
    "邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬"
)
_TITLED_SURNAMES = "".join(
    c
    for c in _SURNAMES
    if c not in "谈安文单包司车成位来全都计应台原官党商关解强边房连路华向左阳查植米木花乐银扬景盖"
)
_SHORT_SURNAMES = (
    "王李张刘陈赵吴徐孙胡郭罗郑谢韩唐许邓曹彭曾董潘袁蔡蒋杜吕沈姚卢钟谭廖汪贾薛丁周黄杨梁宋冯魏朱"
)
_COMPOUND = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|轩辕|南宫|端木|百里"

_NO_NAMES = (
    "高级|高工|高薪|高层|高温|高中|高铁|高考|高新|高高|高压|高峰期|安全|安排|安装|安徽|"
    "管理|金融|金属|金牌|金额|方便|方法|方面|方式|方案|方向|张家|张口|张贴|吴江|吴中|"
    "常熟|常州|常年|常常|常见|常规|江苏|江西|江南|江北|周末|周围|周期|周边|"
    "周[一二三四五六日天]|何时|何必|何况|许多|许可|马上|马路|马桶|曾经|谢谢|钱多|钱款|"
    "于是|成本|成绩|成天|万一|万元|万能|水电|水平|白班|白天|白领|黄牛|黄金|石油|石头|"
    "全部|全体|全国|全年|全市|全总|项目|包装|包工|包括|包吃|包住|关系|关于|关心|关门|"
    "单位|单身|单独|任何|任务|任意|任由|经济|顾客|顾虑|程序|程度|应该|应届|应聘|严重|"
    "严格|严厉|温度|温馨|温暖|华为|平时|平均|胡说|胡乱|范围|戴口|戴帽|叶子|杜绝|郑重|"
    "陆续|宋体|牛奶|牛气|孔子|文化|文员|文明|文件|武汉|向来|向我|连续|连夜|连带|路过|"
    "路上|路费|查岗|解决|解释|解雇|强制|强迫|强调|边上|司机|车间|车辆|车位|花钱|计件|"
    "计划|计算|原来|原因|官网|党员|党支|商量|商业|位置|来回|台风|台账|银行|简直|简单|"
    "米饭|木工|古城|申请|申诉|白白|费用|费劲|乐意|盛气|谈话|谈判|左右|阳光|景区|盖章|"
    "房租|房子|房东|房间|宁可|宁愿|冷气|冷淡|封闭|时间|徐徐|应付|连累|官方|解约|强行|"
    "甘肃|贵州|车牌|车号|单号|成都|高兴|钱少|高[一二三]|石沉|石料|"
    "费[一二三四五六七八九十百]|易怒|毛病|毛手|毛巾|金口|盛怒|万般|万分|万事|简历|安于|"
    "安心|安静|安定|任劳|常驻|常打|常务|常客|张罗|徐州|杨梅|黄瓜|陈醋|江湖|江边|江水|"
    "高个|高手|高血|黄色|黄昏|钱包|钱财|白跑|白干|白等|白费|成立|成功|成人|成果|季度|"
    "季节|童年|路线|路口|路灯|米线|牛肉|牛仔|雷电|雷雨|叶片|汤圆|洪水|梅雨|梅花|龙头|"
    "龙虾|古代|顾家|顾及|齐全|左边|左手|祝福|祝愿|祝我|温水|武术|施工|施行|管事|管教|"
    "管饭|管住|项链|卫生|查看|查询|查处|查到|查清|查账|游戏|游泳|曲线|席位|位于|宁波|"
    "景色|柴油|华东|房价|房贷|吉利|满意|满足|满月|符合|木板|木头|党委|党费|单据|单子|"
    "单价|单干|包裹|包车|包庇|司法|花费|花生|蓝色|蓝领|稽查|练习|仲裁|乐观|乐趣|封口|"
    "宗旨|应酬|应急|官僚|扬言|银色|计时|冷饮|来源|来信|来电|来过|来访|全靠|全勤|全员|"
    "全家|全额|廉价|廉租|盖房|谈总|郑州|温州|贺卡|施压|云南"
)
_NOT_SECOND = (
    "的了着过吗吧呢啊我你他她它们这那哪什怎谁因为所以但而且是在有没不也就还又再才只很太最总每上下里外前后"
    "到去来从往向被把让叫给对跟和与及同或要想请能会可骂打说扣收拿发动住做干找问吃喝开关员间部厂班组长级"
    "人男女岁月日号点块个位名次件种张些电手机工资州市区县镇省街序客务费钱元层院店校室者等都哈姓何么"
)
_GIVEN = (
    "伟芳娜敏静磊洋艳勇军杰涛明超霞平刚桂英华玉兰晨曦雨桐子轩浩然欣怡思源佳宁俊豪梦琪一诺文博嘉诚诗涵强丽建国志小红海"
    "波斌宇鹏飞婷雪梅琳琴凤秀珍莉慧倩颖燕萍蓉薇菲洁雯晓春夏秋冬龙虎云峰林森松柏山河川江辉光亮星辰阳东南西北新立利力"
    "永福贵才德义仁礼信智忠孝康健安乐喜庆祥瑞和顺昌盛荣富宝金银铜铁钢石田生成功业学武斯达远航凡恒毅坚泽润鑫淼焱"
    "彬彪炎煜烨灿炜灵玲珊珍珠琼瑶瑾璐璇莹芬芸苗茜莎莲菊萌蕾蓓蕊兴旺胜凯威雄振宏弘洪伯仲季友良民勤俭朴正直清廉心怀"
    "爱娟娇娥妮姗婉媛嫣娅妍语言若彤瞳依伊可恩惠懿悦愉恬悠希望奕逸艺翔宸皓晟昊昱晗晴暖月朋冰凝佩仪俐倪伦杨柳枫桦楠梓"
    "槿棋榕樱正哲喆圣贤君卿卓越超群群全启君奇帅帆程路通运进达迪道千万亿双三元天地人之大卫东方苏亚非鸣鹤鸿雁雀莺韵音"
    "声尧舜禹汤文景年丰禾谷麦丁甲丙宾树根生茂盛富华华新勋功绩先锋彦岩岳崇岭峻巍钧铭锐锋锦镇铎顶项章立端竹笑筠筱素红"
    "栋梁材美羽翠耀聪育胤腾致舒航良芝芹苇若荷莫萱葵蒙蓝蔓薪虹衡裕西观誉谦贝赫超跃轶辛迎连遥邦郁郡野鑫银"
)
_THIRD_BUT = (
    "(?!天天|一直|一天|一次|一个|大概|可以|可能|生气|平时|正在|正常|全部|通知|道歉|远程|三[次天个]|"
    "先说|进厂|新[来招]|人[都不]|年年|地[址区点]|先生|望)"
)


def _name(surnames: str) -> str:
    """The pattern of a whole name with one of ``surnames``, or with a surname of two characters."""
    given = rf"(?![{_NOT_SECOND}])[\u4e00-\u9fff](?:{_THIRD_BUT}[{_GIVEN}])?"
    return rf"(?!{_NO_NAMES})(?:(?:{_COMPOUND})[{_GIVEN}]{{1,2}}|[{surnames}]{given})"


_ANY_NAME = _name(_SURNAMES)
_FOREIGN_NAME = r"[\u4e00-\u9fff]{2,8}[·•.][\u4e00-\u9fff]{2,8}"
_ENDED = r"(?![\u4e00-\u9fff])"
_NOT_AFTER_DIGIT = "(?<![0-9〇零一二三四五六七八九幺])"

_NOT_CUT = (
    "(?!(?<=[由关对等位处属终])于|(?<=[甲乙双对多])方|(?<=[任如为几])何|(?<=[更最提])高|"
    "(?<=[中语英])文|(?<=[吴浙松湘])江)"
)

_TITLES = (
    "师傅|副?主任|副?经理|副?总经理|主管|班长|组长|线长|拉长|课长|科长|部长|处长|局长|所长|副?厂长|队长|站长|店长|院长|校长|会长|副?主席|"
    "书记|总监|董事长|老师|医生|大夫|护士|律师|会计|工程师|教练|先生|女士|小姐|阿姨|叔叔|大叔|大姐|大哥|大爷|老板|同志|教授|师姐|师兄|领班|"
    r"工头|警官|法官|[姐哥叔婶嫂](?!姐|哥|弟|妹|叔|嫂)|总(?![工是会共计量体数算部公裁经有结监觉要说不在务让想之得人次时])"
)
_LABELS = (
    "姓名|名字|户名|联系人|联络人|负责人|经办人|当事人|投诉人|举报人|反映人|申请人|来电人|报名人|收件人|收款人|落款人|记录人|请求人|证明人|"
    "推荐人|委托人|介绍人|证人|代表|签名|署名|实名|真名|敬礼|敬上|家属|老公|老婆|丈夫|妻子|爱人|男方|女方|新郎|新娘|男友|女友|男朋友|女朋友|儿子|女儿|孩子|"
    "同事|室友|工友|老乡|徒弟|客服|中介|包工头|工头|老板|hr|人事|保安|厨师|门卫|教练|师傅|会计|主席|书记|律师|医生|护士|"
    "班长|组长|线长|拉长|主管|经理|主任|厂长|队长|站长|店长|课长|科长|部长|总监|领班"
)
_CALLED = "[我你他她][和跟]|我叫|本人叫|名叫|[他她]叫|叫做|名字叫|本名|真名"
_INTRODUCED = (
    r"我是(?:[\u4e00-\u9fffa-z0-9]{2,16}的)?|本人|就是|的是|给|联系|找|咨询|转告|转给|交给|告诉|通知|打给"
)
_JOINED = rf"(?:[、,和与及]{_ANY_NAME}){{0,4}}+"
_LABELLED_DETAIL = (
    rf"(?=[ ,:(、]{{0,3}}(?:电话|手机号码|手机号|手机|号码|联系方式|身份证|微信)?[ ,:(]{{0,2}}{NUMBER_MASK})"
)

_JOINT = re.compile("[^、,和与及]+")


@cache
def _rules() -> re.Pattern[str]:
    """What tells a name. Compiled at the first use, as it takes as long as loading half the program."""
    return re.compile(
        rf"{_NOT_AFTER_DIGIT}(?:"
        rf"(?:{_LABELS})[:是为叫 ]{{1,3}}(?P<foreign>{_FOREIGN_NAME})"
        rf"|(?:{_CALLED})[:是 ]{{0,2}}(?P<called>{_FOREIGN_NAME}|{_ANY_NAME})"
        rf"|(?:{_LABELS})(?:姓名)?(?:[:是为叫 ]{{0,3}}|[上]?填的?是)(?P<labelled>{_ANY_NAME}{_JOINED})"
        rf"|(?:{_LABELS})[:是为 ]{{1,3}}(?P<alone>(?!{_NO_NAMES})[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}){_ENDED}"
        rf"|(?<=[姓])[:是 ]?(?P<surname>[{_SURNAMES}]){_ENDED}"
        rf"|{_NOT_CUT}(?P<titled>[{_TITLED_SURNAMES}](?=(?:{_TITLES}))"
        rf"|{_name(_TITLED_SURNAMES)}{_JOINED}(?=[、 ]?(?:[两几]位)?(?:{_TITLES})))"
        rf"|(?:{_INTRODUCED})(?P<introduced>{_ANY_NAME})(?:(?={_ENDED})|(?=就行|即可|吧|反映))"
        rf"|(?P<short>[老小](?!{_NO_NAMES})[{_SHORT_SURNAMES}]|阿[强明华芳杰伟珍娟英玲红军勇刚辉])"
        r"(?![子女姐哥同多家口贴]|[\u4e00-\u9fff]?(?:周末))"
        rf"|(?<![\u4e00-\u9fff])(?P<beside>{_ANY_NAME})"
        rf"(?:{_LABELLED_DETAIL}|(?=是我|[ ,(]{{1,2}}(?:[男女]|[0-9]{{2}}岁)))"
        rf"|(?<={NUMBER_MASK})[ ,()、]{{1,3}}(?P<after>{_ANY_NAME}){_ENDED}"
        rf"|(?<={NUMBER_MASK}),(?P<taking>{_ANY_NAME})(?=接)"
        r")"
    )


def names(plain: str) -> list[Span]:
    """The names in ``plain``, a plain form in which all other details are masked."""
    found: list[Span] = []
    # What introduces one name may hide another: once more, until nothing is found. An introduction is short,
    # so that this ends after a few rounds whatever the text.
    while spans := list(_names_once(masked(plain, found))):
        found += spans
    return found


def _names_once(form: str) -> Iterator[Span]:
    for match in _rules().finditer(form):
        assert match.lastgroup is not None
        start, end = match.span(match.lastgroup)
        for joint in _JOINT.finditer(form, start, end):
            yield Span(*joint.span(), NAME)
