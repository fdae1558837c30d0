"""Two-letter codes (ISO 639-1) of languages that a model names by three letters (ISO 639-3)."""

from __future__ import annotations

_CODES = """
afr=af amh=am ara=ar arb=ar arg=an asm=as ava=av aze=az azj=az azb=az bak=ba bel=be ben=bn bod=bo bos=bs bre=br bul=bg
cat=ca ces=cs che=ce chv=cv cmn=zh zho=zh cor=kw cos=co cym=cy dan=da deu=de div=dv ekk=et est=et ell=el eng=en epo=eo
eus=eu ewe=ee fao=fo fas=fa pes=fa prs=fa fin=fi fra=fr fry=fy gla=gd gle=ga glg=gl glv=gv grn=gn gug=gn guj=gu hat=ht
hau=ha hbs=sh heb=he hin=hi hrv=hr hun=hu hye=hy ibo=ig ido=io ile=ie ina=ia ind=id isl=is ita=it jav=jv jpn=ja kal=kl
kan=kn kat=ka kaz=kk khk=mn mon=mn khm=km kin=rw kir=ky kor=ko kur=ku kmr=ku lao=lo lat=la lav=lv lvs=lv lim=li lin=ln
lit=lt ltz=lb lug=lg mal=ml mar=mr mkd=mk mlg=mg plt=mg mlt=mt mri=mi msa=ms zsm=ms mya=my nav=nv nep=ne npi=ne nld=nl
nno=nn nob=no nor=no nya=ny oci=oc ori=or ory=or orm=om oss=os pan=pa pol=pl por=pt pus=ps pbt=ps que=qu quz=qu roh=rm
ron=ro run=rn rus=ru sag=sg san=sa sin=si slk=sk slv=sl sme=se smo=sm sna=sn snd=sd som=so sot=st spa=es sqi=sq als=sq
srd=sc srp=sr ssw=ss sun=su swa=sw swh=sw swe=sv tah=ty tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tir=ti ton=to tsn=tn
tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk urd=ur uzb=uz uzn=uz ven=ve vie=vi vol=vo wln=wa wol=wo xho=xh yid=yi ydd=yi
yor=yo zul=zu
"""
_TWO = dict(pair.split("=") for pair in _CODES.split())


def two_letters(code: str) -> str:
    """Return the two-letter code where there is one, else the code without its script.

    >>> two_letters("deu"), two_letters("zho_hans"), two_letters("hsb")
    ('de', 'zh', 'hsb')
    """
    bare = code.split("_")[0]
    return _TWO.get(bare, bare)
