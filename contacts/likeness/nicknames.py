"""Short forms of given names. A table of our own writing: each entry a name, then what people called so are called.

Compared folded (`contacts.words.fold`): without accents or case. A short form may stand in several entries: "al" is an
Albert on one card and an Alan on the next, yet an Albert is never an Alan.
"""

from functools import cache
from typing import Final

_TABLE: Final = """
aaron ron ronnie; abigail abby abbie gail; abraham abe bram; adelaide addie heidi; adelheid heidi; adrian ade adi;
agnes aggie nessa; agnieszka aga; albert al bert bertie; alberto beto tito; albrecht albi;
alejandro ale alex jandro sandro; aleksandr sasha sascha alex aleks shura sanya; aleksandra sasha ola alex sandra;
alessandra ale sandra; alessandro ale sandro alex;
alexander alex al alec lex sandy xander zander sasha sascha alexandre aleksander oleksandr;
alexandra alex lexi lexie sandra sandy sasha sascha xandra alix alexa; alexis alex lexi;
alfred al alf alfie fred freddy; alice allie ally ali; alicia ali lisha; alison ali allie ally;
alistair al ali alasdair alastair; allan al; alan al; alfonso fonso poncho; amanda mandy manda; amelia amy millie mia;
anastasia ana nastya stacy stasia tasia; andrea andi andy drea; andreas andi andy andre dres; andrew andy drew andre;
andrey andrei andriy; andrzej andrew jedrek; angela angie ange; angelica angie; anita nita;
ann annie nan nancy anna anne; anna ania anya ann anne annie; anne annie ann anna; annette nettie annie;
annemarie anne annie; anthony tony ant antony; antoine toine tony; anton toni; antonia toni tonia;
antonio toni tonio tonino nino antoine; archibald archie; arnold arnie; arthur art artie; augustus gus august;
augustine gus austin; barbara barb babs barbie bobbie; bartholomew bart; bartlomiej bartek; beatrice bea trixie;
beatriz bia bea; benedict ben benny; benedikt ben beni; benjamin ben benny benji; bernadette bernie detta;
bernard bernie barney; bernhard berni bernd hardy; bertha bertie; bradford brad; bradley brad; brian bri;
bridget biddy bridie; bronislaw bronek; cameron cam; caroline carrie caro carol lina; carolina caro lina;
cassandra cass cassie sandra; catarina cata; caterina rina; catherine cath cathy cat kate katie kathy kit kitty kay;
cecilia cece celia cissy; charles charlie chuck chas chaz charley carl; charlotte charlie lottie lotte char carlotta;
chester chet; christian chris kit; christina chris chrissy chrissie tina christie;
christine chris chrissy chrissie tina christie; christoph chris; christopher chris kit topher christophe;
clara clare claire; clarence clare; claudia claudi; clifford cliff; clinton clint; constance connie;
constantin costa kostya konstantin; cornelia conny nele nelly; cornelius con neil kees; curtis curt; cynthia cindy;
daniel dan danny dani; daniela dani; danielle dani; david dave davey davy; deborah deb debbie debby debra;
dennis den denny; diana di; dieter didi; dimitri dima mitya dimitris dmitri dmitry; dominic dom nick; dominik dom nik;
donald don donnie donny; dorothy dot dottie dolly dora; douglas doug; duncan dunc; eberhard hardy; edith edie;
eduard edi; eduardo edu lalo duda; edmund ed eddie ned; edward ed eddie eddy ned ted teddy; edwin ed eddie;
ekaterina katya katia; eleanor ellie ella nell nellie nora lena; eleonora nora lea; elena lena lenka; eliot eli;
elisabeth eli elisa elise lisa liz liesel lisbeth else elsbeth sissi bettina betti;
elizabeth liz lizzie beth betty betsy bess eliza elisa lisa libby liza lilibet bettie; ella ellie;
ellen nell nellie ellie; elliot el; elzbieta ela; emanuel manuel manu; emil milo; emilia emmy mila emi;
emily em emmy millie; emma em emmy; enrico rico; ernest ernie; ernst erni; ester essie hettie; eugene gene; eva evi;
evelyn evie eve; evgeny zhenya evgeniy; ewa ewka; ezekiel zeke; federico fede rico; felicity fliss; felix fe;
ferdinand ferdi fred; fernando nando fer; florence flo florrie flossie; florian flo flori;
frances fran francie frankie; francesca fran franca cesca; francesco franco cesco checco; francis frank fran frankie;
francisco paco pancho kiko chico cisco xico; francoise fran; franklin frank; frantisek franta; franz franzi;
franziska franzi franzl ziska; frederick fred freddie freddy rick fritz; frederico fred; friedrich fritz friedel fred;
gabriel gabe gabi; gabriela gabi gaby; gabriele gabi; gabrielle gabby gaby elle; galina galya; genevieve gen ginny;
geoffrey geoff jeff; george georgie; georg schorsch; georgina georgie gina; gerald gerry jerry; gerard gerry;
gerhard gerd gerri; gertrude gertie trudy; gianluca luca; giacomo mino; giovanni gianni vanni nanni;
giuseppe beppe peppe pino peppino; gottfried friedel; grace gracie; graham gray; gregor greg; gregory greg gregg;
grigory grisha; grzegorz grzesiek; guillermo memo guille; gunther guni; gwendolyn gwen wendy; hans hansi;
hannah hanna; harold harry hal; harriet hattie; heinrich heinz heiner heini hinnerk; helen nell nellie ellie lena;
helena lena hela; helene lena leni; henrik rik; henrique rique; henrietta hettie etta; henry harry hank hal;
herbert herb bert bertie; herman hermie; hieronymus jerome; horatio ray; howard howie; hubert hugh bert;
humphrey hump; ignacio nacho; ignatius iggy; ilya ilja; imogen immy; ingeborg inge; irina ira; irene rene;
isaac ike zac; isabel isa bel izzy belle; isabella bella izzy isa belle; ivan vanya; jacek jacko; jacob jake jack;
jacqueline jackie jacqui; jakob jack jockel kobi; jakub kuba; james jim jimmy jamie jem; jan janek honza; jana janka;
jane janie jenny; janet jan jenny; janice jan; jaroslav jarda; jason jay; jean jeannie; jeanette jean nettie;
jefferson jeff; jeffrey jeff; jennifer jen jenny jenna; jeremiah jerry jem; jeremy jem jerry jez; jerome jerry;
jerzy jurek; jessica jess jessie; jessie jess; jesus chucho chuy; jiri jirka; joan joanie; joana jo;
joanna jo joey asia joasia; joanne jo; joao joca jao; joachim achim jochen jo; johan jo; johann hans hannes johannes;
johanna hanna jo; johannes hannes hans jo johan jan; john jack johnny jon jock; jonathan jon jonny nathan john johnny;
jordan jordy; jorge coque; jose pepe zeca ze chepe; josef sepp beppo pepi pepa; joseph joe joey jo; josefa pepa;
josefina fina pepita; josephine jo josie fifi; joshua josh; juan juanito; judith judy jude; julia jule juli jules;
julian jules; julie jules; juliette jules; jurgen jorg; justin jus; justine juss; karen kari; karl kalle charlie;
karoline karo lina; katarina katka; katarzyna kasia; katharina kathi kathrin katrin kati kathe;
katherine kate katie kathy kat kay kit kitty kath; kathleen kathy kate kath kay; kathryn kate kathy katie kat kath;
kenneth ken kenny; kevin kev; kimberly kim kimmy; kirsten kirsty; klara klari; klaus klausi; konrad conny kurt;
kristina kris tina krissy; kristine kris tina; kristin kris; krzysztof krzysiek; larissa lara; larisa lara;
laura laurie; laurence larry laurie; lawrence larry laurie; leif lei; leo lee; leonard leo len lenny;
leonardo leo nardo; leonhard leo hardi; leopold leo poldi; leslie les; lewis lew; lillian lil lilly lily; lily lil;
linda lin lindy; lisa lise; lorenzo enzo renzo; loretta lori etta; louis lou louie; louisa lou; louise lou;
lubomir lubos; lucas luke; lucia luci lucy; lucille lucy lou; lucinda cindy lucy; lucy lu; ludwig lutz wiggerl;
luigi gigi gino; luis lucho; luiz lula luis; lydia lyddie; lyudmila lyuda mila ludmila; mackenzie mac mack;
madeleine maddie maddy mads; madeline maddie maddy mads; magdalena lena magda leni; malcolm mal; malgorzata gosia;
manfred manni; manuel manu manolo; manuela manu ela; marcel marc; marcia marcy;
margaret maggie meg peggy peg marge margie madge greta daisy rita maisie; margareta greta rita;
margarete gretel grete grit greta; margarida guida; margarita rita marga; marguerite margot daisy;
maria mia mari mitzi; marianne mari; marie mimi; mariya masha; marilyn mari; marion mari; mario marius;
marjorie marge margie; mark marc marcus; marek mareczek; marta martita; martha marty mattie; martin marty mart;
mary molly polly mamie may; mateusz mati; matthaus matze; matthew matt matty mat; matthias matze matti hias;
matilda tilda tilly mattie; maureen mo; maurice mo; max maxi; maximilian max maxi; maxwell max; maxine max;
mechthild mechti; melanie mel; melinda mel mindy; melissa mel missy lissa; melvin mel; mercedes mercy mechi;
meredith merry; michael mike mick mickey mikey micha michi mitch misha; michaela michi micha; michal misiek;
michel mitch; michelle shelly mish chelle; miguel mike migue; mikael mika micke; mikhail misha; milan milanko;
mildred millie; millicent millie milly; miranda randy; miriam mimi mim; miroslav mirek mirko; mitchell mitch;
mohammed mo mohammad mohamed muhammad mohamad mehmet; monica mo; monika moni; montgomery monty; morris mo; nancy nan;
natalia natasha nat talia; natalie nat tallie; natalya natasha nata; nathan nate nat; nathaniel nate nat nathan;
nicholas nick nicky nico klaus; nicola nicky nic; nicolas nico nick; nicole nicky nic nikki coco;
nikolai kolya nik nikolay; nikolaus niko klaus nik nick; norbert nobby bert; norman norm; octavia tavy;
oleksandra sasha lesya; olga olya; oliver ollie olly oli; olivia liv livvy ollie; ortrud trude; oscar ozzie;
oswald ozzie oz; otto otti; pamela pam; paolo lino; patricia pat patty tricia trish patsy; patrick pat paddy rick;
patrizia patti; paul paulie; paula pauli; pauline polly; pavel pasha; pawel pawelek; pedro perico;
penelope penny pen nel; percival percy; peter pete petey; petra peti; petr petya; philip phil pip flip;
phillip phil pip; philipp phil lipp; philippa pip pippa; phyllis phyl; piotr piotrek; pietro piero;
priscilla cilla prissy; przemyslaw przemek; prudence prue; rachel rach rae shelly; radoslav radek; raimund ray;
rafael rafa rafi; raffaele lello; rainer reiner; randall randy; randolph randy rolf; raphael raph rafi; raul rulo;
raymond ray; rebecca becky becca bec; reginald reg reggie; reinhard reini hardy; reinhold holdi; renate nati;
ricardo rick richi ricky rico; richard rick dick rich ricky richie dickie; rita ritinha;
robert bob bobby rob robbie robby bert bertie robin; roberta bobbie robbie berta; roberto beto robi berto; robin rob;
roderick rod rick; rodney rod; rodrigo rodri digo; roger rodge; roland rolli rolly; rolf rolfi;
ronald ron ronnie ronny; rosalind ros roz; rosa rosi rosita; rosamund ros; rosemarie rosi romy;
rosemary rose rosie romy; rose rosie; rowena ro; rudolf rudi; rudolph rudy; rupert rup; russell russ rusty;
ruth ruthie; ryszard rysiek; sabine bine; sabrina brina; sally sal; salvador chava salva; salvatore toto salvo turi;
samantha sam sammy; samir sam; samson sam; samuel sam sammy; sandra sandy; sara sally; sarah sally sadie;
scott scotty; sean shaun shawn; sebastian seb basti bastian wastl; sebastiao tiao; sebastien seb; serena rena;
sergei seryozha sergey serhiy; sergio checo; shannon shan; sheila shei; shirley shirl; sibylle billa; sidney sid;
siegfried sigi; sigmund sigi; sigrid siri; silke silki; simon si; simone simmi; sofia sofi sonya; solomon sol;
sophia sophie; sophie soph; stanislav standa slava stas; stanislaw staszek; stanley stan; stefan stef steff steffen;
stefania stefi; stefanie steffi steff; stella ella; stephan steff; stephanie steph stephie stevie;
stephen steve stevie steph; steven steve stevie; stewart stu; stuart stu; susan sue susie suzy; susana susi;
susanna sue susie anna sanna; susanne susi sanne anne; suzanne sue suzy; svetlana sveta lana; sylvester sly;
sylvia syl; tabitha tabby; tadeusz tadek; tamara tammy mara toma; tamsin tam tammy; tatiana tanya tania tata;
terence terry tel; teresa terry tess tessa tere; theodor theo; theodora thea dora theo; theodore ted teddy theo;
theresa terry tess tessa tracy resi; therese resi; thomas tom tommy thom; tiago ti; tiffany tiff; timothy tim timmy;
tobias tobi toby; tomas tom; tomasz tomek; tracy trace; ulrich uli ulli ueli; ulrike uli ulli rike;
ursula uschi ulla ursel; uwe uwi; vaclav vasek; valentin valli; valentina vale tina; valerie val; vanessa nessa vanni;
vasily vasya; vera verka; veronica ronnie vera roni; veronika vroni; victor vic; victoria vicky vicki tori vic;
viktor vitya; viktoria vicky; vincent vin vinny vince; vincenzo enzo vince; viola vi; violet vi;
virginia ginny ginger; vivian viv; vivienne viv; vladimir vova volodya vlad vladi volodymyr; vladislav vlad vladik;
vojtech vojta; waldemar waldi; walter walt wally; waltraud traudl; wendy wen; werner werni; wilbur wil;
wilfred wilf fred; wilhelm willi willy wim helmi helm; wilhelmina mina minnie billie; willem wim;
william bill billy will willie willy liam; winfried winni; winifred winnie freda; winston win; wladyslaw wladek;
wojciech wojtek; wolfgang wolf wolfi; yekaterina katya; yevgenia zhenya; yolanda yoli; yuri yura; yvonne eve;
zachary zach zack zac; zbigniew zbyszek; zdenek zdenda; zoltan zoli; zsuzsanna zsuzsa;
"""


@cache
def _entries() -> list[list[str]]:
    return [entry.split() for entry in _TABLE.split(";") if entry.strip()]


@cache
def _index() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_entries()):
        for name in line:
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


_NONE: Final[frozenset[int]] = frozenset()


def entries_of(name: str) -> frozenset[int]:
    """The entries of the table in which a folded given name stands; two names of one entry may be one."""
    return _index().get(name, _NONE)


def formal(one: str, other: str) -> str | None:
    """The full name that both may be short for (one of them may be it); None where the table knows of none."""
    shared = entries_of(one) & entries_of(other)
    if not shared:
        return None
    heads = {_entries()[number][0] for number in shared}
    return one if one in heads else other if other in heads else min(heads)
