"""Segments of an audience or an electorate in many shapes, and their harmless twins."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501, W291 - files as they are

FOUND = {
    "Campaign.java": r"""package ads;
public class CampaignTargeting {
    public static final Map<String, Integer> SEGMENTS = Map.of(
        "MUSLIM_HOUSEHOLDS", 4411,
        "JEWISH_HOUSEHOLDS", 4412,
        "PARENTS", 4413,
        "DOG_OWNERS", 4414);
}
""",
    "ad.xml": r"""<targeting>
  <audiences>
    <audience id="1">Hispanic households</audience>
    <audience id="2">Muslim</audience>
    <audience id="3">Parents</audience>
  </audiences>
</targeting>
""",
    "ads.kt": r"""object Targeting {
    val options = listOf("Parents", "Gamers", "African American", "Muslim", "Hispanic")
}
""",
    "aud.cs": r"""public enum AudienceType { Parents, DogOwners, Muslim, Hindu, Sikh }
""",
    "audiences.json": r"""{"audiences":[
 {"id":"a1","name":"Hispanic households","type":"demographic","cpm":1.2},
 {"id":"a2","name":"Muslim","type":"lifestyle","cpm":0.9},
 {"id":"a3","name":"Homeowners","type":"demographic","cpm":1.0},
 {"id":"a4","name":"LGBTQ","type":"lifestyle","cpm":1.3}]}
""",
    "donors.rb": r"""DONOR_SEGMENTS = {
  jewish: { label: "Jewish donors", size: 4000 },
  alumni: { label: "Alumni", size: 9000 },
}
""",
    "enum.go": r"""package targeting

type Segment string

const (
	SegmentMuslim    Segment = "muslim"
	SegmentHindu     Segment = "hindu"
	SegmentGamers    Segment = "gamers"
	SegmentNewMovers Segment = "new_movers"
)
""",
    "rq.php": r"""<?php
$voterGroups = ['youth' => 'Youth', 'muslim' => 'Muslims', 'dalit' => 'Dalits', 'obc' => 'OBC'];
foreach ($voterGroups as $code => $name) { send_sms_campaign($code, $templates[$code]); }
""",
    "seg.ts": r"""export const AUDIENCE_SEGMENTS = [
  { id: 'yng', name: 'Young professionals', bidMultiplier: 1.2 },
  { id: 'afam', name: 'African American', bidMultiplier: 1.0 },
  { id: 'hisp', name: 'Hispanic / Latino', bidMultiplier: 0.8 },
  { id: 'asam', name: 'Asian American', bidMultiplier: 1.4 },
];
""",
    "seg.yaml": r"""campaign: spring
segments:
  - name: Catholic voters
    message: family values
  - name: Muslim voters
    message: community safety
  - name: Suburban women
    message: schools
""",
    "segments.csv": r"""segment_id,segment_name,cpm,reach
1001,African American Shoppers,1.25,120000
1002,Muslim Households,1.10,40000
1003,Jewish Donors,1.90,21000
1004,New Parents,0.90,400000
1005,Luxury Car Intenders,2.10,90000
""",
    "segments.py": r"""VOTER_SEGMENTS = {
    "youth": {"label": "Youth 18-25", "size": 850000, "channels": ["instagram"]},
    "farmers": {"label": "Farmers", "size": 800000, "channels": ["meetings"]},
    "muslim": {"label": "Muslim voters", "size": 120000, "channels": ["mosques"]},
    "dalit": {"label": "Dalit", "size": 300000, "channels": ["door"]},
}
""",
    "segments.sql": r"""CREATE TABLE voter_segments (id int, segment_code text, segment_name text, estimated_voters bigint, messaging_strategy text);
INSERT INTO voter_segments (segment_code, segment_name, segment_category, estimated_voters, messaging_strategy) VALUES
('AGE_18', 'Youth', 'Age', 8500000, 'High energy'),
('REL_MUSLIM', 'Muslims', 'Religion', 1200000, 'Meet at mosques'),
('REL_CHRISTIAN', 'Christians', 'Religion', 900000, 'Meet at churches');
""",
}

QUIET = {
    "aud.py": r"""AUDIENCE = {"title": "Interfaith evening", "speakers": ["a Muslim scholar", "a Jewish scholar"], "room": 4}
""",
    "book.json": r"""{"title":"Prayers","audience":"children","tags":["Islam","Muslim","faith"],"pages":40}""",
    "content.tsv": r"""ID	Parent	Tier 1	Tier 2	Tier 3
1		Books		
2	1	Religion & Spirituality	Buddhism	
3	1	Religion & Spirituality	Islam	
4	1	Religion & Spirituality	Judaism	
5		Sports	Golf	
6		Automotive	SUV	
""",
    "demog.csv": r"""segment_id,segment_name,cpm,reach
1001,Golf Fans,1.25,120000
1002,White Goods Buyers,1.10,40000
1003,Asian Cuisine Lovers,1.90,21000
1004,New Parents,0.90,400000
1005,Christmas Shoppers,2.10,90000
""",
    "equity.py": r'''EQUITY_SEGMENTS = ["White", "Black", "Hispanic", "Asian"]
def disparate_impact(df):
    """Fairness: compare approval rates across racial groups."""
    return {s: df[df.race == s].approved.mean() for s in EQUITY_SEGMENTS}
''',
    "geo.yaml": r"""segments:
  - name: Jewish Quarter
    length: 400
  - name: Muslim Town Road
    length: 900
""",
    "health.py": r"""TARGET_GROUPS = {"roma": "Roma", "pregnant": "Pregnant women", "elderly": "Elderly"}
def vaccination_plan(population): return {g: coverage(g) for g in TARGET_GROUPS}
""",
    "holidays.yaml": r"""campaign: spring
holidays:
  - name: Muslim holidays
    message: Eid greetings
  - name: Jewish holidays
    message: Hanukkah greetings
""",
    "image_segments.py": r"""SEGMENTS = {"white": (255,255,255), "black": (0,0,0), "asian": 3, "indian": 4}
def segment(image):
    return kmeans(image, SEGMENTS)
""",
    "lang.ts": r"""export const LANGUAGE_SEGMENTS = [{ id: 'ar', name: 'Arabic' },{ id: 'zh', name: 'Chinese' },{ id: 'ko', name: 'Korean' },{ id: 'fr', name: 'French' }];
""",
    "policy.ts": r"""export const PROHIBITED_AUDIENCES = ['Muslim', 'African American', 'Jewish', 'LGBTQ'];
""",
    "recipes.csv": r"""segment_id,segment_name,price
1,Jewish Rye,1.2
2,Christian Louboutin Shoes,900
3,African Violet,3
""",
    "rfm.sql": r"""INSERT INTO customer_segments (code, name) VALUES ('VIP','Champions'),('LAPSED','Lapsed'),('KOREAN_FOOD','Korean food fans');
""",
    "speech.csv": r"""segment_id,segment_name,text
1,s01,Muslim leaders met Jewish households
2,s02,Hindu families celebrated
""",
    "survey.sql": r"""CREATE TABLE census_segments (id int, name text);
INSERT INTO population_by_religion (code, name, population) VALUES
('HINDU', 'Hindu', 8500000),
('MUSLIM', 'Muslim', 1200000),
('CHRISTIAN', 'Christian', 900000);
""",
    "topics.json": r"""{"topics":[{"id":"t1","name":"Islam"},{"id":"t2","name":"Christianity"},{"id":"t3","name":"Gardening"}]}""",
    "whisper.json": r"""{"text":"…","segments":[{"id":0,"start":0.0,"end":2.1,"text":"Muslim families in the town gathered"},{"id":1,"start":2.1,"end":4.0,"text":"and Jewish households joined"}]}""",
}


test_is_found, test_its_twin_stays_quiet = shapes(FOUND, QUIET)
