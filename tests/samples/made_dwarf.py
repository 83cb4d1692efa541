"""Programs with DWARF: compiled where there is a compiler, and small prebuilt ones that are always there."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import dwz_prebuilt as dwz
from kit import C_HEADER, CARD, CARD_FIELDS, EVENT, FILTER, FILTER_PARAMETERS, NATION, Sample

FORMATS = ("dwarf", "elfdebug")
PARAMETERS = ", ".join(f"{kind} {name}" for name, kind in FILTER_PARAMETERS)
SOURCE = f"{C_HEADER}int {FILTER}({PARAMETERS}) {{ return nSimilarity + (int)emNation; }}\n{EVENT} event;\n"
FIELDS = " ".join(f"char {name}{kind[4:]};" for name, kind, _ in CARD_FIELDS)
TWIN = f"typedef struct tag{CARD} {{ {FIELDS} }} {CARD};\n{CARD} card;\n"
RUST = """#![no_std] #![allow(dead_code)]
#[repr(u32)] #[derive(Clone, Copy)] pub enum NationType { Unknown = 0, Uyghur = 1, Other = 2, Unidentified = 3 }
pub struct FaceEvent {
    pub channel: i32, pub sex: i32, pub age: i32, pub nation: NationType,
    pub glasses: i32, pub mask: i32, pub beard: i32,
}
#[no_mangle] pub fn find_faces(similarity: i32, event: &FaceEvent) -> i32 {
    similarity + event.age + event.nation as i32
}
"""
LINKED = (NATION, EVENT)

# gcc 12, -g -shared -nostdlib, all but the debug information left out; g++ with -gz=zlib; rustc --emit=obj.
PREBUILT_C = (
    "c-rk-Uu@e%7{9ZVI;q<<S-a7yn-s**IzhaqDx<7yYnP-=#_Em!*&qJMa}qbP+FYi@*;>T3H$(*wOhN()#1ntU+t?dINJ#L&140v;K!V3<6Ve"
    "_S(uR<b2zSn1Yg=(U35f@GKPCD3`|kVQoj+e}$@X_Cb8Je05HN_~5ZJH)n4o;+DW`7?gz;}L*k;EDfIsdCZU)g75na$>d$}LD*{QR~i&MXcP"
    "XISNbsfaNkG3Cn^Hmyt-J=s8P{%k#IY7T-bicj48@QR}@Wd^vxY_>o0XH+<^H|pb9vm#)vvj-%-9P9Ux6fWL08Fb3Kp$Fq@4KE~zaPK<$?fe"
    "wy>N4H?9$sTf6$TtuV^ojwtbfD`$*bp^!Uw_#BC!h#j`H9<8KVFLbgD6GJ$$jn=(;xN-r2kR#n|Hs|Xn94P*fh4h{|u4h{|u4i1io8VlLATi"
    "LaXf37v|tu5Sr1Aj92;Psck=9%H(;Nalk;Nalk;Nalk`2PS7isR%tuKis1ZnHT|{p|TNd}S8El_(tSl0t96)^k?!{r0zJ(|#5^8Hv6oq`Eui"
    "Z~#vy2L}fS2L}fS2L}fS$3ueqe>bay&(in2gVcYW+Uy<e*Qwn}?Lo>i<^KO@zSF7Hf%s6`$eTKfCr6YKWjK)>eWGaOlOv7fUg`o*g4XNW>o2"
    "%RH=pJy$X-nk!7Tpmsw)NXgO5<SiGQTPX>z*(MhJ<Y62EBQfDm`%z69|L+Ytyzq=VpX($XO&?2MAz5>SfXAidlt4WTgE2GTBKgl!`r_2V$uX"
    "&WKwXVN0~X=G~B1ZnBATcXkjq@~+7`lMZ?C1M->AQT9i$O1u;ID5n;><lX;I=15%vMsWA(K|<pHyXUrW`E)PGgvM^W=F)yws5&DkCHB<!$cr"
    "lF3R@oqQ^AbJPW!)b0nRx<3qcL7<@d^D~qAQNDOY1qL1L902CvKWLeJj9+1c7XJpumlQjgy$WFYT0=t1MACkog&f5;`YlY-+NJlT$$?}Fq>U"
    "Ok`VQq+N@lg+tI@%5o2zZY=6?k}nIrj|YddY+)`rkP+Ksu9y4gm@8>H)GnE+EAP0ej6u2>*(76QWfD5Rj!}|8-7+u)y*s_P}7}$KcYl!B<ZU"
    "0*+UYYU<>C?zpNgoS9yj1r1a;OUNk3$uTl2bH)ldM~VP)6}@E83V?RC0n_S2Je7Q!F7$Y!Vl|L)uw)>kW)`ri*9zr>D`Wc;`$yx668;n~=(W"
    "WJHWu~zDk_v~Ra9-%6Ag3$cb%~G{IXF8XhyFufkIiY0mnqu=hWk;RF@~0&ZzUbsaz%v_F0v4`-&Iv<muEby|fWJf96C6pj25$$XL#$X=COjm"
    "TOa!sf?D+%x6;b08QfEMMn(1R&)$>d_J3*1!&H!n9F+2v{nI{Ue@b%Jk`z7s<-*Q*{-dfKWJ-0>-8fH5q9>AyZw)X_Vpd4+^B7R2U#6j`iwd"
    "`lS=_j!-r4HWVNZ;$(f9nP0wyt|Dn`ZEBN?ewrVXdvn^D$45fq`O1@z(7ZYX?*j8Dumw{4TMOfKls|FOySh0X&l(og0UNN+Cv9@8^QF_HJ03"
    "~0q1Eo-{RLI~8KBG2DnqJdU2`8PJCR(hnH|6s+<2<vLO=PfbGU&er`L9XqCvpFJq>W?i2079F(QH<ko?YJ<4^h8J*?TW|j9%LW&-IUS)-f)0"
    "=-GOhpnVIT>nY>GHtW`jEZC?)a$dmvE@WQ4N_}j6zq%~H{JrGS_s88l=85;_Z;{TO<#)YKi`H#j^^6<x>}Hkvn0~#mZ`i#%-t;h7bpFHMg+("
    "2EeDcTmVw;@Wx?xv0zWIOCM}LY6Uxb_M-}TX7OSbr%Eyn-YM}K~##i=dy*L?E#Io0Rj=J|82J?A<ZZSfUq$LKlO`~L|$kG%s|seXKm`Nw?pc"
    "c}i$E%g5YS6gj4"
)
PREBUILT_CPP = (
    "c-rloc~lce9LHxD0|{PWQK?8d#ClX01E>MK0wf$tnsQZ93<-%ON`i(21oR1FeWr?{tyQqKR*|ZG_>fwvK5acJQlBVzAMLXu{Gk*@1-waf%s{"
    "dw;vaqeqn*!V`R?zx``elMWp*|%JF|i}i%${+K-ht4pxXjq2Gl(hEqxroGW>S|@0iZ*18g(I&RT(!S&VTE3!AR4z*;TiOyzk(KTU<eS}o)3j"
    "ecKve7dz(z|-q!apYUZA!S1C12+z7w(05vtQF-@*rbuZseLZMT2b6bhB$lh_Mmjf!1CU<eS}51E~fqhK)4_t%(%q-m?>EFa|1(BRJvyOp2)%"
    "{Oq4&uBL5^AW_6teq3%?ycYV06dK%9gWb7%le!($p&W2uyI_Pi|AW9VYsTQ&W1yLftLM7#kQ)D680<lJsuHp$(6oOb0d$LBHYB((5#zlT85X"
    "H?A@^~<8qAXLU((nKVgTY`h7z_r3!Tk4#kI*$m=$1dzY1?%1t!oW`yf&gP=@iZk27|$1Fc=I5gTY`h{~ZW7yI|vcT+{p5R=s`#^rQF7L{1DK"
    "mO2q`{T!G@g!w(IajSW#*PGtOatAoACPVw%#~Mz+>BL|#7z_r3!C){L%>RV;PJOyjli@sX2K3iK8_m&P18qlW^P%>I>iRF$H#{^n$a8d<Orj"
    "90JlTGfA2ne-JKzJUOv3ilvd2Kz8-70k#<}2+^gSKx$?sr_VRp?gM>wJEcv|~MfS%`nCjuMuzcZ+m#fyO`Y>t2%9T^HlqHsaHh!-K^$8e*0q"
    "KL4Ve`bdGIAEUJ-ZkUj>CK-Tn(wY9tnH;=Durwn$?bRWY39QY4u=}0A;&P{N<%irc$I`j6%Q<($t_()vUCGm37;2naoH^G!jgc!kHP(OTfO^"
    "J)prjZtIFE#%?)rIw~gTQ6<2PwH{EVfd+p=pmmMXf+vAb~!!N$B_{I5h`HtW$^25^hygw3Cw8{5Z*JhVD4zKrn&^~y!>xP>|RqnX-<{?K@a("
    "3sA-u-Ahm6vpPIm?dn=S`YYS=8(@La=9BFjKTlaqijJWhW1OaK~GBpum00i?ma7rXBUY7W1B0lkT^#eIHh{)O*Wrzbd}nSHH{Sr+l}^bAHTy"
    "a-sFd9~c=I3bu2qTjqy#f=8E!<<aue3g~%>UVp-IrO=7@FregWV{EQ4Dxb+HpLaN-uX0r9ERVWtPx(H#YKNaccg!U}dhW&0Vehsi<z1=W_`T"
    "cpGjig>*M)xZvdu*2ovgUZpys||L1Mc;W0DF7QvzPpOV2=396G#er*mUtVR%}Q^V78axy?Ij$kMCp6w9~OcRcrZ$Q<1Me0qXw?H#Y=h5cera"
    "aMOaZ2HvxJKp>oXAVCj+fKWT6`JmDCKzk1H9@=_(BCL<t%G65!_*X#@E`}0%&v~YNB}Gnbrw4(f}y<1P)}hjn@y6y7>wG#rH6iUOLcNWzuIr"
    "x+!^Ka;~mHC4l0J0G5WN;-!Z6o(!m>vSy4BaJkP0Qwd{<p9QU&3@!>UxT`sNiT{Ua+k|W;x=6`3Gz1B1K=;{#X_WczjCDe$*=MGbX9p%~rpC"
    "NmPw&iqQf8y|(t3SI-d+VDL7st)@#dA+cn;IAU@7%R$!;t-tr*3t3KXNZ1Fg~Zb{`XA|`wON@5=!j1oxeEX>H4)*73H6gd<Hr;*QBzK57l>g"
    "c%>C94t&vh=#!9THzFs^td2-n>2*7K?1R${k*`9Q)`XoLaXuuqQ_^x_)JiUE&Ax^^ytA$Tu9<<d4G(nd%81XrX3j2hn%A88ak3`Yhoj{-%*y"
    "|Dh0u3XaFw@vV$zPYQ(Gj}hsZ@=-Sf}>vtYBYM!DEmngwruKxJerHDZZDHEOfU(Vi+@BcoDPT1ui-q)Epsq`+j!#TjxyNwZakNV96xfYQj8Y"
    "5*mZix#NGN|{J5Rd-vav&2e83ZNtz8GuSjS1Ju7gTXD6Xj4UEwOExZ%Rr_=wIIFgkVK-EWg;t0p^~9}Q=#2%ll>3j2FG6b*s-}DseA0UhB9m"
    "&dVM;IN6$B;qoE%y^P>M2%z@7~lJ@*V8evf`VG)nU(;4vEB<*>Mly76aMMQw^HAt4@wXJcR9xs4CRKBfsS+?>wj~4IhX{{XE`SkoPfOSXt?O"
    "LY=*KJkM%4O1;nGSs@zH4FM1ncI|(}U2!`v2{#0CbG9kw2u%d&sG&-E6DN*v$Vr<fA1<4&$APH|KAwjrcr2vmWUs|7AAnALMV=xL)dCiSkFg"
    "a1o53WTXDbeauGws{_nBpqKnx^<4`_!wc?#_8|D3m45%REc=cHbueDuOZ%N|#9xN>uk9uNFEV9MJ^"
)
PREBUILT_RUST = (
    "c-pO2O>7%Q6n?X7C!08N+&C#IjgSupIRbC|lQ?!uODd8k5s8tSh7<|Otk-L26?@m(-TXn-9?Bu1MJlKWi33DJTsR;hp^5{C0u>h|4sf92fZ#"
    "+CsHg`x08*G;kK^%Vw-FMPc;EXzzc=sAo7p$MJUxGwLkOA!!D(or*7&ijrB9OQAhw*n@>^_n$BKq_E=GrKCBk3o!TM0&^;`9$vsdS%p{rBTA"
    "s+2aMSE;+=-1xa*G}0J><!va{B6(dmD{l|+E`OG%(nPGN-o%W9zl-=!+t&(dgyrY2<q<u;Btr$0`NXG7p@)SgMq*{>cbu};Df_h@r%edoE+k"
    "VCjut}bK$3s0d)9*+a~}z!^n0_HC%;W>^c|5dKOavT~Ulr2Lf2_?t{57A53@HDevbeIHel~x3P>roUQObH`n6xwbq85C+9qQ@Y7ysxnXb*KR"
    "dYBhucu3f&Q>XrxP9d1Y6#7BA}KoP<l^8A9bQre2CHqD18Vo%sBy_K1cX{-8=N+o@g!(1lYraPTy_FRY|Kv=I5VVh{TLF(~=|Wieaj{7D<Y^"
    "aWN5zjpwq7iA*x1L{f=VCY~6JC&xxcoP#ksIckcjbV4fUQbjqPDJIexB`#Oi!~~35wfbmj158*;r(j82)$|PwmbNM@YX&@PttbX2)smuFYFS"
    "lEke4hR_54;{fwHQV3S~)FOi;0}sn*o0WT@5_DC^iB<P}NNlq#6YCP)<pG{+SxRmn85Pfapcp{Phk3C`k4rX8Qh%o8VC2>!!TNudUs@8wJ90"
    "BwfQ@t#iMI%=G;VY<ju!2~xQ6wU+_4maiOtZji1`a9Tb3*@}t_`mgbb#cud8T2o73z3eSH-u~cmjikK!UfKD^4LFk64~?L-*fwp$A9j;--GY"
    ")-~|u9%Y*Or;QJ47ui{TXmFMz){{slQ%rQYEN8Z<e_8Q|9;q8pNDSpAje$m4osQ7gCnw7C_>FV`Rd?&^CGklKVqZCh9^<l>Td4eCI^5H1^#~"
    "FKx;4y}8c88M;Um^Gm!|MdkF#I~f3k-je;PW1N78&~+1lJk<J%TSW{D;&zq4^&OeuLpZCioqO|CHbl82%Q)HyQpm!JjkyR|J2}@ZS>rJ;UE2"
    "_%6fC1pm(P?-KkM!{2o|hxFST@~D4=I{!33;$aVkbNThWmA9TYE7P^|GpV`c;?!bcOx6u0SC=$ZURAY9GU=!VS=US}HAaDgR4Ns8+*!+2eFM"
    "ajQe3MPq+-!f)<LwCO$$U>uhr}>EE-BxYFZfh9>UGL!P#~qbqx?B(=yteRIRLosOgp>&g7TkrX|U%Z3b0UQwX7~6v~EF!w}D6NkuHTYL0B!O"
    "O|A7qM?i8yrk)xn3R=LYAjbOm&Ro|E9ElfTw2M=*=#X2QB0>(ViNo6jw7BjiJ|9Z_&<!Fn10k8+oXvsF*gKzVZ1;%w!=?)#Pc!ul|%g59~f-"
    "!zD(w1<HblbeUZ9nd8#)K5gA8~_$kK!Eh5<)4Keahm!58qT_#R*us7a)kNmg&?fwI#Mr{6hmp!q^Cq!O@2k+ne9{y8=<PX{ZU61^CN&eehEB"
    "`K+{Oca^XNX_oko;G@_FriCx8ny~;=f7eWaDgbt^Iw_{ue#`Yve%05ApxVWBqTt|HL|A`(1;pb8P*IfA)~`_l-yWE(izDU&y6?UwY(!hs2*f"
    "B>&Gm;@4f`_q)XZg}rB*_Y-L}0&2x|JAeNIX>oBh"
)
PREBUILT_CARD = (
    "c-rk+O>7%Q6rS1jUs&Qg7?o57ya}oJlQ(e`LYj~!!D&+?>Ov?|0U>w2yYa3R@1or`aVn&8K%6)r5E9}55}fEMYA<aMa0K<j5h*7wm8#x)03j"
    "h^-t5lA>y;fB32~ZF_IvZ*%(wgI&D*)mTsi&f83AL&Afi*KYaz5s^~_Y%w}4V0A3<Zm*aSKRx&E5)Qt*GR5ZZCQM~D9`^zwuU<T0J0Izj)R("
    "#gd&o8DApJi+UCd_9F89Bi7Kz)Sp#IC12?j|S_2&_?x5G=6Ds@=s^w+w0d}O6Gr&E?!^$?heZXj^vR>{2_bRkBKinI4n*wW(=hfl0$o(<yli"
    "*9dU4QaBy&NaBy&NaBy&NaBy&NaBy&NaBy&NaB%$ocgG?620hSCQh$z~ud=h`-)R3ssMjx1J^nw%yHPGL%FnDDbxXD7(yTJ8%oIy=&+A6LG}"
    "|gYOI_%36dpNu57c`xg2_~I(3#ReJV9FQ5Iud2%t*jEN6w_l(Keb6PN&6pL9Bj7g!lu<^H)Kf70-dJ-vVKZC6GI}L9`QTke`qNZJZ#-?BDEz"
    "_!1-hIq4t)60w4kne-CLJWkyN74%+Zz3I@t#q2_8-)8oa(B5ZuC$#S|`wGgCRA9XKB$@R^(iV=A?h%n4r9&^S<Z&J-6R47(h9wn8k(gbaz)K"
    "VOq*Tc-fGZJmL7^n4kR+Xw#4O}+44=s6C9!b4kb4Zm&SNnvB^RY7>7+!SoH<I^fms1_WG-T^91}?O%m&q$LC=K|{goXhiryK3Mgf!M5pY2`B"
    "6JthyIfV92B@;?>Qx6C70+uKF7nkz^_5z=a-s6}>1wUKwz*!bRL`7;0c*PM8lH!?9lIg7Y|m=ghAvyS4}C9Nu5aq<Zg{Q0yZnaHCf6F|a_L1"
    "{T5_@Jw`^m%Vc3RiX<(|ZW-hlE=8N-la<KtFeMfb-iZ95;E!Eq#HPdx$r{xt}_Ks!iMPIFN8y?b3)eWNeEyqTlqM>QO`QEg?b9nuS_gC(B`t"
    "|kmCj(CE;2sA9tXcp26eN<``dihtbCoi^T%mZoO^6z_?}plBE!*)8rD3;}ddu3@i<XW8%TzrRDf+Gr%uxF-QVg@U<&xDR9<^y{NU6g*D4Nr3"
    "8jyYkzT#G+rn;)#fDBR7vbUUru6o@y-e=afWgDy=yrAn2?EeDCgO8AHCWG(cbl0F43jF`*bR5QK`|OPvU!*#|T`kZ(R*3DxOwUB#iz9rtAFt"
    "A93$cAYzQ0H7D~hw!cks!@??=TDkAIWCgUxTyy`n^n&mR8{^)ddzrWLQ-SU1BZ8vjf@P&)AG0rO|t>XVazC-;9}d~ACFe}fW7@!|ZB2JkOTg"
    "!<zl@BeH7f1mQ_hw#51kiXnysDB!gzwZa|f2I6~hwyu9FM_+1-Tbn8N%X1zk!bBi>*A?U=ZDOHYyjV*{F_7g{{X2A1V8"
)
PREBUILT_LOCALES = (
    "c-rln&2JM&7>8%p8z<?4Nl2r%g5u>f&}x@BO4F2xfHB5i;yB>M2hxMP_HOKz>^0h5H>9nEkSetj7ew#edgzT~D#2gSOU1c|UZ{HQp-2d+>CE"
    "noJzjZZ5K=FlNA|uu@62yL-kF`t%-w9^ngAi7#K1D>r2x20?5`(T-y(>k=V37EmleT2OboVI7f1ga$sirJk4f>}P(8wH>ZlzfRwVxiWN=}73"
    "iMk#rkl?_BMx34I?NK%iEq$P$h7;eKMw%pie>P}(l=+GKKc65%*-zbMDNchFGn6crg4Bw908EKtz+Nx)8C~1`iaX-g3&<6&SA4%)0-yXa5x+"
    "ehr{7;I2;a#!{Kl^91e%W;cz&d|2u#Gv)9IUmmKJh5dVY_SbCQHJIQ~Cr0F>|J+yuQKk9ETler+Dy=qo1-Ih~x>YO^Oq~<?1%xY?`lR8IS;3"
    "x==oO>PZ=R1F>(9aZpM2`>g8$DFUhuL6MY@sKFao?<B7ktn6oWmkm!3E)MEQ3Gb>fjQN7kq`a@E&d&9zszY2ckHN!#0vcDJV=FL+|4;dXNp^"
    "SrAJcMR61+;pxPb6iXgSPN0TjB8(-LB}vkzE=Wt#XA+!3O`QUgv@FFEsJeNi3v#rnOCJb$2Il->je(E+e!^FYgV>OBcl45kqTlzVa7gF{qj<"
    "eiSj(gfS<tavt8SZyY}sDVUCHFNVs<^tcuM8<buC?FJS$o$m)ABKPqvsVXzO{lOnNiD!aB;ga`|$Jacq=JEB%@c?Mik7wUjHC<xJ{RGQqOa@"
    ";bJ8v2NO?W7SYncWRA`cNQ0vg?U-2qo1*@J6p;pva+SSJ9e$%wC#4sRXX;zWgCj8SDU8Gw6nTa%&isr$5h_Dl3k%U3|zGa&U>xf=Z)=s)@N|"
    "P<gdL!d4v2Tz9!ziXF)*|Jovr??ndS6tzvpr%XBY4sP0Y+jR;xK32cMD*=^5M>vl)2cC4nMSO)M@4c%=3)!4C-GO(TlRI^dpa`cwzd-Rr718"
    "UWEfm&;~S|(Z&D*Dbk^@{H3b{$2JBrSWZ-OZ|29rH_?YFf5Q-~9%9Za@9@9Kl~(_hXN~C)1mQepK{-vA5Tzdb$tphV-$}zDHRkd!P{7C#juf"
    "+J%gs?w6NI-9l*JrFLw<`eMlwU-xqk-(Lz5uCGM)csjnQdp}}GPpki&_^7_St;vJi3&;Np(*N0TM~QwWV*J!v17hOq<o@nN#qUmpK1YQ2hv>"
    "hJ&_5&k!Vvw#2>r3+fn6A)e-shF4Wd5-_mAIC5&ExA1ops?`1h?nhVM`G;!D?yIAHycvulTi+~1oXGXBX3{WQ`4JVgI5{*C=-"
)


def prebuilt(text: str) -> bytes:
    """Return a prebuilt program."""
    return zlib.decompress(base64.b85decode(text))


def built(folder: Path, source: str, name: str, *command: str) -> bytes | None:
    """Return a source compiled, None where the compiler is not there or cannot do it."""
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(source)
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run([*command, name, "-o", "made"], cwd=folder, capture_output=True, check=False)
    return (folder / "made").read_bytes() if done.returncode == 0 else None


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def samples(folder: Path) -> Iterator[Sample]:
    """Yield programs of C, C++ and Rust with DWARF of several versions, plain and packed, and the twins."""
    yield Sample("c.so.debug", prebuilt(PREBUILT_C), finds=(NATION,), where=".debug_str", linked=LINKED)
    yield Sample("cpp.so", prebuilt(PREBUILT_CPP), finds=(NATION,), where="cpp.so!/debug.elf", linked=LINKED)
    yield Sample(
        "rust.o", prebuilt(PREBUILT_RUST), finds=("NationType",), where="s.rs", linked=("NationType", "FaceEvent")
    )
    yield Sample("card.so.debug", prebuilt(PREBUILT_CARD), verdict="records")
    yield Sample("locales.so.debug", prebuilt(PREBUILT_LOCALES), verdict="clear")
    sdk = {"lib/libnj.debug": prebuilt(dwz.GNU_PROGRAM), ".dwz/common.debug": prebuilt(dwz.GNU_COMMON)}
    yield Sample("common.zip", zipped(sdk), finds=(EVENT,), where="!/joined.elf", linked=LINKED)
    sdk = {"libnj.debug": prebuilt(dwz.DWARF5_PROGRAM), "by-build-id.debug": prebuilt(dwz.DWARF5_COMMON)}
    yield Sample("common5.zip", zipped(sdk), finds=(EVENT,), where="!/joined.elf", linked=LINKED)
    twin = {"lib/libcard.debug": prebuilt(dwz.CARD_PROGRAM), ".dwz/common.debug": prebuilt(dwz.CARD_COMMON)}
    yield Sample("common-card.zip", zipped(twin), verdict="records")
    for name, source, *command in (
        ("dwarf2.c", SOURCE, "gcc", "-gdwarf-2", "-c"),
        ("dwarf5.c", SOURCE, "gcc", "-gdwarf-5", "-O2", "-shared", "-nostdlib"),
        ("packed.c", SOURCE, "gcc", "-g", "-gz=zlib-gnu", "-shared", "-nostdlib"),
        ("types.cpp", SOURCE, "g++", "-g", "-fdebug-types-section", "-shared", "-nostdlib", "-fPIC"),
        ("clang.c", SOURCE, "clang", "-gdwarf-5", "-c"),
        ("mac.c", SOURCE, "clang", "-g", "-c", "-target", "x86_64-apple-macos11"),
    ):
        data = built(folder / name, source, name, *command)
        if data is not None:
            yield Sample(f"{name}.so", data, finds=(NATION,), where=".debug_", linked=LINKED)
    card = built(folder / "card", TWIN, "card.c", "gcc", "-g", "-gz=zlib", "-c")
    if card is not None:
        yield Sample("card.o", card, verdict="records")
