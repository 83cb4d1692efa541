"""PDB and BTF: the made-up SDK's types as Windows and the Linux kernel keep them, and a card reader's."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kit import CARD, CARD_FIELDS, EVENT, EVENT_FIELDS, NATION, NATIONS, Sample

from sousveil.unpack import msf
from sousveil.unpack.render.pdbjoined import joined

FORMATS = ("pdb", "pdbjoined", "btf")

# clang -gcodeview and lld-link, of the same source as the DWARF samples.
PREBUILT = (
    "c-rlqPi!1l9mjvOYdh<In_bhmNn}MUlU5>OcI{%hNr=IY?IbRa6KbbbMJso9_U&ep*_qAEti6^%iV*4niAqS^xNztpr3i#nRj6EgK`NX$aHN"
    "2G>aB9%Km|&8zc+7o*RdTz5hY2#pXB+?{NC^Vowv4rZ-4XNCC3i@(62^?`O^H!lZ8vG=L^pkCnkmmjxMZ{BuA8z(TEHY#iR)U0000000000j"
    "}rF)0000000000@YqB2PYeP8000000002+n3IPK1ONa4000000Pwl+|3BJa+MbZtV=1B^%Gi*huH*0McuB{<)$yA;?nM7@QhUg5{co!*JO&d"
    "W^Qn?{F(kub8IH@qbLlKTS^xk500000@KA9o729qPS{q=yE+_R)Yh(W@9UBji@sBlthk#@aK+P+?761SM000000N~+ZoU-}EYBp%)x%KmoS2"
    "=Il;@sAX6*;~~y!U^${hC0U#D?%9%IbUtmG7o3=P9Lg@d4#zwa%Ck=NX~ld?vTE+)>Kp4Jnf)tjw(~U0zvVd+Ev|(J?8{#PY=#7FX8R&(F;-"
    "t}iUEEzYlT{v<uJYWt}G0000000000pIZihH)-&9wS3NBzYIOnsPCtH_j-uG|Bp}lJFY{9I^XGDr}Rkb5T|!6^{Xr2Sh@V-3bEYimcMl2>hp"
    "AGo8_r4`Q^2Xi-|nFqnxD$X}>R>Us_zCzuwtCLkAAY_M{@+&e+E9ULGiZeeT7nUE<kU+8!Zegj?C@i_b6QwS_EYa*<wjNXh#?sYBE)m*XJi&"
    "r$CoqFeVl73{adAlq<tpETK!*W`E&%YMe?d-K;U&lB#F>R%%7AyHoyElTb)<jvItsdR4lkWAN$DeXKt@-Dbm7>ckXdxE@6R(PXb&SCP-2`i{"
    "@UEHSwax4$zIz1ZulzjpK00000008jl@cx(5^p81%ZhuJh#u1|L9Z%C=enaHEOC+Y#^wYOe%H{?D000000002Mqf0RoE&h)9X})1QpTF(y*{"
    "M??dbJo-tjHo-)&iy1w^MIc{x8OAG{%C7z3Y^E?-d)d;*b`o@-n;2!xI7k000000002~d)U+;Afx?$|1_P=^PYacr>r*c-<gh67DU;xyn^jo"
    "Uahbpg3$53!sJwOqR0woD5uIetTzNa)>TJZ`wtkj_r?InXe76fi@_`xH%ed2v;V$94bHe!w`zhDvvf|?nO9{GD?R1oPu{9icU&uQqAjhL>Cz"
    "jKdhAbcbo}X+&QO<5O7{JP?$b5hr|#vB-dwWx0o{!IJMus;2`;aXmh%Hr>kf6c4K%vOim#v0*IaR;r|W6g->t_lF8qz+efM|?C1+gt<yW8l;"
    "QK%R`NEN()jmA&@;S_L0000000000vHd@y?f(;nWyiZAg2D;*2RNHQpw<BrvNS-yW)Fbn7cOZ<Dg7?Z<jLNwP${Z6N|j9#Es<Q8T(@GnQj;2"
    "$a$DFa@||6mSt_nuD0#l{qF{?JDxzvN-N<#yg;GV7o3%oz>Ib$cl>BCNrcqS-GWQu(Mxjyk%hzQaj?#4AU{8Wv?8i`Ge+BK=FiOwn6IpCK$0"
    "?jA#d!*`Ps1$xE@&TzqcTrM%NCSfU2JK$29+<(`6gl?hgtSz(1~0ZX_;F0pg4u)tb3~?FNa}VRu7jo8~Z`1HZ(eINM!MIN>Ts-00000004mh"
    "96sZ3vwzZvzh54Foo#-$eQ(R~z6{rB=Mi_KGMrRbmDdtkat2^*XJ1iv_9vhG;9@Ktq)00?X!m)6omBz0<#*m0s(qbyQrCUV5WT(60ffeV>lx"
    ";|#q9^RGuh-%+w`;D#iq3U>3z}`^q9@kgtFDGC%5d_&hH@8-s^5(x~slhIxXpAPrG-WGLL+5(&4yQ{u?&p9wz$Su6`qKO(NqpjX@)>DUpq}^"
    "?KSet|OC*OYV&Ey?ZHrx}&k{IoS<<j(0!4`!S~-+?mKrJE^Y6Z0O=*2D+~C(E|Vg00000fX|e~j?3*~<@MZWucx}~WB>pF00000002BXbf5n"
    ">D8nCm*wcUK`F~&5A){kvlzK;ZuNd6f&Qjkfzgy4c@mj$#GL#<g0kGH0|5=^R@6+GZ`7=5{*O%Q{Py0TpZ$RJk*>>ZJZZix@u2U|#?nd35oG"
    "O(aucY=ZpzXWqSZCa{?aA@NxETdb!xi$Xb!vKjddh6r=B8|<zZshKaKoNFU3_MuIKi5t?nI_vzRuV6K)6=Rv|Lx+Ii4Mey6_^)RWCe<z_k5("
    "Lw2#O$~Kb>@~3aBo`)>1IH4sq%xWN%n(YcJFs(2$%cANB!Yo_%4dGR~bycS}MBr2%5$FWl3M%G?<u--sS#=R6P1JRnb-yCGr47gCBpI2m*if"
    "Qplx{VU+02ITc##NZJl|8zsn)INnkj<7^VMy&A-m;8fn`TCzNbW<Zw7wTt2kcGWNlTNR0^Y@X-B^7jO$oo+@fmJ<DoSp?ngMIYF=2sIJdgKx"
    ";D4AG{64*+S<~L8tcdkY9cc2Ml*gg=Jb>jH$9<+HQ~uIP~EBXki^eYSdl45!;MGPX^9FqpPLbyn^xe-X0l>UHrw{yX5BL#uc|s%v*j3VIAT)"
    "`DZhN8lFS>j#WP(UQXR2<`2eh%P*2%$<3X-C!Hk}!tQ3gQZw9ttxxC*sDfwDW%2K?E2Io=3@5xEzgj-=G>i<r@lAL^Qv!Wi@Wi@!!if9BvK6"
    "=^vx@8Bx7IL2+(BNu3Qm!NCxxAk|-G0DP<RsV4P<FaynX>SfQj?P;G({^CUYN{kmL${Pah+&uPob&z5SdXQF;)p9InpOjPEP6ey4IHLfgFa0"
    "Y_Oc2meh}*U)654WTm!fv_DGK`);jDMXD?9mi!^h9p~Q>M=3qptA5+?Z<#(B4(O9l?`-3*0RR91004O0x%RCT4UG|1zn!ADZ>Q)B^7^e`q^W"
    "*G+W+sQ==GaKANVQy(;I|y00961000000Dwo79~CE!Q-3xZ?B~z%nZvLAeR+AIaAo0KkvFp|@hkL8Ue%|P`ewO(K4ABT^aC;s>+4<}|M8n&F"
    ")+LU000000002ML%~5Ezaqm~Y1?nfFr;nxm*w@VGJHg_-~Uf!_(&S{zmj2!;=nEeyk{WqBbU`n1HF1_fc^LT_42@=ULrV%AqM~e00000002I"
    "7{sp^uMZW"
)
PREBUILT_CARD = (
    "c-rmVPi)*+9S88AJxQ8BZ90jzQB^G~tF%3|^-Qva>~^&gNfWB3O4G6l96%`RvEL-#dhDs~NhUp@YPFy}RS4~Y1BX4p3W>uCA$1Xdq@F<H#0`"
    "WN&LAPJ5)eWNwfuh1b}~uRE<$2S%J<X0+V77&&(EGp?~Uzu-FM?CiR!5}Q=PeR!MeV9#d@hSI(n@C)a)X$GLgxPVGb!}N(2A^000000EfvV0"
    "00000001Z<`Ml9jQ{`u00000@QfS6Ef4?z000000RI>F|DWosZd$zloJn++mj;K==F7Q!>F3LX!+gfijQMd#X#Fp1ca+0P4rlNc0ssI2001}"
    "?E^;Tc_hZHe%F^HCawqaJ00UzIIKDk&0ng#91ONa4003~H4b$NEBLF3Go!BE9<g}v4Y0zzspVeiq=J8=VHq>9<z0C{MtJ4;)Ezis?&3*av3("
    "GUpugxycEnK-F<%;~&S$R?s000000002^FB$mNnDMf#aNm4@!@CAiA3b{1Me_T9Hq+n5JoM&E(L;tz2}py~TQ24Wlzm*I?h{0J_xxb}q+WmJ"
    "bJJgZLf+IA@4IxO$y<M#!xYhGXS{b$+}aZ_?}?MKJARk*?@?*^*ohLA^jJo6XTfPG`ped)q;-|$Gm|@us!bB_F3b3blu7+4BweP5(^fg{vLC"
    "0bp0iPGdxX>5oIdS&u}YHd?b}9jXU2)Wg(%y;m(#w@X>&=^QZa2x+Z`b?`^q~lchdaN+718!00000pwnAtO7y3%ne?eulV<;B(m%FLdizc8B"
    "mc5QU;iG_`)eio<Ijlxey*fD)c^nh00000aQIYG)t2Aydn6+Ld->(QYj+uo==DnMIjKW*IZx2#dUlta;=h%w7@d^-(fvP@%RNBL0{{R30001"
    "da-^%@Psa8;04C_wA$hmouW2yv;NPFfa%NS{cS6ezoN&cjQ*q))p*1#M8Ldcx^HkRRcqiXa=g@$W-#5Vfy)DZZX!xmj5}3So56utB{qbA0^P"
    "+pBW52RqymL;TQur%n@1vJthq7`1hrjquc;@WZ2S4xmR($`;k8z#>00000008~};k^HU-kSHrTPn8B6P=@1hmPoRfWjd4(@!0u`S~wh&kJ(u"
    "n>0B@?z%_Sw9%}3>!jMMSg!_wX9rx8nqF-?v00Ir+u%*SAh4=oq{1}bkQGnWomP+re$A?Ss@7Vus`V&#l~s*e=_}2OF3(%PqW57nD^cwYuEQ"
    "ys7&7E7^yO@Pz>@nF^7|S_=%t||EgLt;a%3A*wz0B%8m8plh5Q}|$ty|TXm%e1=RGLyYmogB?cBpqqAW+!rR?3E^jebO`T_s|0001hgF)u_T"
    "kjh)vftJR?n$3t-t+f;4&UUkM7t-NAK`F8uX*1n(u%nNvwrqX-Ov8rNMkTd9iVsf{Hyf%yn#ET0@9b?9W!+OcIrtT@yt<r{RtBh8hgew?4ML"
    "NpH|P}g@w=OV*#DJHS_dy`{b26)~9In0qv8QjSFOX#c_1;pJPT=(;`jk)n{a%Sft6=#DJ0Qtw@vo^_tmUcG~69BQu|w(Ri$F-KM<v@Zm=fKa"
    "#xTyEA1t#_TvXM!vgDf5$q$E&u=k0001oR?#Oc@6%)K+S6Y*>7dU<4*&oF00000`{|tjPv)KbZkOEYzkB|_GkNIEmtv3%xfMV^+kcz3Hb<y?"
    "<na-Nt<6E|8R;))<xIWZu5#P)qI`cIm$~##7iC*XTn+qMH3-%k_Skr}=7&}N9s=5YSjx(rwq1AZv~}7}W4{?FUTeQRu{<$uH(h((54~tTu^Y"
    "*nJ9eq^;%H@5N~(sR+EMKdS#QKDaN4#L1Ulx2Zmb$AOr1bKz@TE=jT%iS^=o?HcCi8f8@YN)z(kTgKXJH(U5}M6<_5}%Z6`_XnyN>!vTKfeO"
    "NCx%S$$AzD)#HXit`NDi9LJG30leyorX$^D(0VMHzH3-O`E<eS-h|VwWgC^)Me{2Z)P_mKTK6T8AhS5PQBrztG0^cFw)U_lMgFQW5-P=qfjS"
    ">ksU{^(DTC;TT1J_aiJuQTW%Wh!34gOWHqX{LTOq%mE%Yz^(W6RU!7iDUR;`9nwwdEZE0z4Qnz*L#49Sb-DWF0Gxo%|PHu%NPh3$Uw}C#KhB"
    "QfbE|rto+!{gFs(xE}QhljLVy`=K$kmjBD_m_i3R;cO_QSe9xD}V%Xw6sax=H0>5}jq=;u=qO9FRT`H{uiEtSEh!{UB>(&yOeb%Tx-*Dv4UL"
    "t0bM{k6o0qt}n`J_EHSlMmK-R7m=TAB&llrJKI(H;tN`yK4CX><JCRYj1`}HKKh2^#!;Rq$Mlp6*Rz%ie7?>(K6YvQ1gEKAthW+A=(c0?&fB"
    "^eUnGgG+NlbY;;NRE;_~+cKi$|j(azrqGO52}QY1;ar7v6<8_(+-I2(Kf+zd^wFkhVxm(R{$-EFt|LtWL}{wme?L><rL;<|L3|Ka_fmj5G8Q"
    "E8-G&)_MuamuWnGSjBaz`3=F|J?xq0001X8-0st^(!U~Jx}z5_e<2c#r^*KCf&PD^!v!9_pTY3_YVL700000;E;Q#GG^TP&W}dqK7U!hcj*t"
    "u=jUgwo3ocI@}j${JVHMg)+4IwU!u3?2kd+qe?Ny~`FeN0{O}8(G0?mK00000000NV@qGDJ4!`9NyUqRk54*CoSzf=%;cZ?Y=g{WxXAYi`#V"
    "=BJYk<5n@F<a<F|aEi0+68rd0wC|A08OUhX{_N$pHWW00000K5_p7jKA0s"
)


def prebuilt(text: str) -> bytes:
    """Return a prebuilt PDB."""
    return zlib.decompress(base64.b85decode(text))


def scattered(data: bytes) -> bytes:
    """Return the same PDB in blocks of 512 bytes in another order."""
    file = msf.read(data)
    data = joined([file.content(data, i) for i in range(len(file.streams))], 512)
    block, _, count, size, _, table = struct.unpack_from("<6I", data, 32)
    # Every third block goes to the end; the first three are the header and the free lists.
    moved = [b for b in range(3, count) if b % 3 == 0]
    order = [0, 1, 2, *(b for b in range(3, count) if b % 3), *moved]
    new = {old: at for at, old in enumerate(order)}
    (page,) = struct.unpack_from("<I", data, table * block)
    directory = bytearray(data[page * block : page * block + size])
    (streams,) = struct.unpack_from("<I", directory)
    at = 4 + 4 * streams
    for i in range(at, size, 4):
        struct.pack_into("<I", directory, i, new[struct.unpack_from("<I", directory, i)[0]])
    raw = bytearray(data)
    raw[page * block : page * block + size] = directory
    struct.pack_into("<I", raw, table * block, new[page])
    struct.pack_into("<I", raw, 52, new[table])
    return b"".join(bytes(raw[b * block : (b + 1) * block]) for b in order)


def btf(enumeration: Sequence[tuple[str, int]], name: str, record: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """Return raw BTF with an int, a char array, an enumeration, a typedef of it and a struct."""
    strings = bytearray(b"\0")

    def at(text: str) -> int:
        strings.extend(text.encode() + b"\0")
        return len(strings) - 1 - len(text.encode())

    types = struct.pack("<IIII", at("int"), 1 << 24, 4, 32)
    types += struct.pack("<IIII", at("char"), 1 << 24, 1, 8)
    types += struct.pack("<IIIIII", 0, 3 << 24, 0, 2, 1, 64)
    types += struct.pack("<III", 0, 6 << 24 | len(enumeration), 4)
    for member, value in enumeration:
        types += struct.pack("<Ii", at(member), value)
    types += struct.pack("<III", at(name), 8 << 24, 4)
    types += struct.pack("<III", at(record), 4 << 24 | len(fields), 64)
    for i, (member, kind) in enumerate(fields):
        types += struct.pack("<III", at(member), {"int": 1, name: 5}.get(kind, 3), 32 * i)
    head = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings))
    return head + types + bytes(strings)


def samples(folder: Path) -> Iterator[Sample]:
    """Yield a PDB, the same with scattered blocks, BTF, and the card forms."""
    linked = (NATION, EVENT)
    yield Sample("app.pdb", prebuilt(PREBUILT), finds=(NATION,), where="PDB 0x", linked=linked)
    yield Sample("old.pdb", scattered(prebuilt(PREBUILT)), finds=(NATION,), where="joined.pdb", linked=linked)
    yield Sample("card.pdb", prebuilt(PREBUILT_CARD), verdict="records")
    yield Sample("oldcard.pdb", scattered(prebuilt(PREBUILT_CARD)), verdict="records")
    nations = [(name, value) for name, value, _ in NATIONS]
    event = [(name, kind) for name, kind, _ in EVENT_FIELDS]
    yield Sample("sdk.btf", btf(nations, NATION, EVENT, event), finds=(NATION,), where="BTF 0x", linked=linked)
    card = [(name, kind) for name, kind, _ in CARD_FIELDS]
    yield Sample("card.btf", btf([("NJ_OK", 0)], "NJ_STATUS", CARD, card), verdict="records")
