"""Columns named by the initials of Chinese words: kept of citizens, searched by, and what else is called so."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judge_files, shapes

from sousveil.model import Verdict

# ruff: noqa: E501 - files as they are

FOUND = {
    "RyQuery.java": r"""public class RyQuery {
    private String xm;
    private String sfzh;
    private String mzdm;
    private String xbdm;
    private Integer pageNum;
    private Integer pageSize;
}
""",
    "mapper.xml": r"""<mapper namespace="com.x.RkMapper">
<select id="queryRyList" resultType="map">
 select xm, sfzh, mzdm, hjdz from t_czrk
 <where>
  <if test="xm != null">and xm like #{xm}</if>
  <if test="mzdm != null and mzdm != ''">and mzdm = #{mzdm}</if>
  <if test="zjxy != null and zjxy != ''">and zjxy = #{zjxy}</if>
 </where>
</select>
</mapper>
""",
    "query.sql": r"""SELECT xm, sfzh, mzdm, hjdxz FROM t_ryjbxx WHERE mzdm = '维吾尔族' AND sfzh IS NOT NULL AND lgsj > sysdate - 7;
""",
    "ry.py": r"""def find_zdry(cur, minzu=None, zjxy=None):
    sql = "SELECT xm, sfzh FROM t_zdry WHERE 1 = 1"
    args = []
    if minzu:
        sql += " AND minzu = %s"
        args.append(minzu)
    if zjxy:
        sql += " AND zjxy = %s"
        args.append(zjxy)
    return cur.execute(sql, args)
""",
    "search.js": r"""const params = { pageNum: 1, pageSize: 10, xm: '', sfzh: '', mzdm: '', hjdz: '', xbdm: '' };
export const searchPerson = (data) => request({ url: '/zdry/query', method: 'post', data });
export const form = [{ label: '民族', prop: 'mzdm', type: 'select' }, { label: '姓名', prop: 'xm' }, { label: '证件号', prop: 'sfzh' }];
""",
}

QUIET = {
    "Peak.java": r"""public class Peak { private double mz; private double rt; private double intensity; private int charge; private String name; }
""",
    "clinic.java": r"""public class MzVisit { private String mzh; private String mzlx; private String ksdm; private String brxm; private String jzrq; }
""",
    "dim.json": r"""{"mx":1,"my":2,"mz":3,"xm":0,"xb":4}""",
    "gene.py": r"""class Mz(Model):
    mz = FloatField()
    rt = FloatField()
    intensity = FloatField()
    charge = IntegerField()
""",
    "query.sql": r"""SELECT scan, mz, rt FROM peaks WHERE mz = 412.2 AND rt > 3;
""",
    "xuesheng.sql": r"""SELECT xh, xm, bj, mzdm FROM t_xuesheng WHERE xh = '2019001';
""",
}

RECORDED = {
    "Czrk.cs": r"""public class Czrk {
    public string Xm { get; set; }
    public string Sfzh { get; set; }
    public string Csrq { get; set; }
    public string Mzdm { get; set; }
    public string Hjdz { get; set; }
}
""",
    "czrk.go": r"""type Czrk struct {
	Xm   string `json:"xm"`
	Sfzh string `json:"sfzh"`
	Mzmc string `json:"mzmc"`
	Csrq string `json:"csrq"`
}
""",
    "ry.py": r"""class Ry(Model):
    xm = CharField()
    sfzh = CharField()
    xb = CharField()
    minzu = CharField()
    csrq = DateField()
    hjdz = CharField()
""",
    "ry.ts": r"""export interface RyInfo { xm: string; gmsfhm: string; xbdm: string; mzdm: string; csrq: string; zzmm: string; }
""",
    "t_ry.sql": r"""CREATE TABLE t_ry_jbxx (
  rybh varchar(32), xm varchar(50), sfzh varchar(18), xbdm char(1), csrq date, mzdm char(2), zjxy varchar(10), hyzk char(2), hjdz varchar(200)
);
""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded(name: str) -> None:
    assert judge_files({name: RECORDED[name]}).verdict is Verdict.RECORDS
