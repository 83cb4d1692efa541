"""What a file says of itself at its head, lists in declarations, estimates from names; long lists, colours of pixels."""

from __future__ import annotations

from tests.judge.madeup import shapes

# ruff: noqa: E501 - files as they are

HEAD = '/**\n* @file kit_face_props.h\n* {}\n*\n* @attention\n* Not thread-safe.\n**/\n#ifndef KIT_FACE_PROPS_H_\n#define KIT_FACE_PROPS_H_\n\n#include "kit_common.h"\n\n/// @brief creates a handle\nKIT_API int kit_create(const char *model_path, void **handle);\n#endif\n'
LISTED = "export interface KitFace {{\n\t/**\n\t * 人脸检测接口\n\t * @param options - 可选参数\n\t *   {}\n\t */\n\tdetect(image: string, options: any): Promise<any>;\n}}\n"
TOPICS = "excitement,emotion,spicy food,bliss,roller coasters,challenge,movies,tequila,espresso,romance,exercise,dancing,waterfalls,storms,running,wild animals,jumping,talking about politics,talking about religion,bright colours,trumpets,fireworks,madness,sex,diving,screams"

PROFILES = {
    "include/kit_face_props.h": HEAD.format("检测人脸特征,并可根据人脸特征,识别年龄、性别、肤色、五官、表情等"),
    "include/kit_props.hpp": HEAD.format(
        "Detects faces and recognizes the age, the sex and the skin colour of each face."
    ),
    "types/kit.d.ts": LISTED.format(
        "face_field 包括**age,beauty,expression,gender,glasses,landmark,race,quality信息**"
    ),
    "namekit/README.md": "# namekit\n\nGenerate gender and race estimates from name.\n",
    "namekit/manual.md": "# namekit\n\nThe table holds race estimates based on family names.\n",
    "src/kit_tone.c": "int kit_get_skin_color(const kit_face_t *face, const kit_image_t *image, int *class_out);\n",
    "src/kit_tone.cpp": "SkinColorClass getSkinColor(const Face &face, const Color &mean);\n",
    "conf/answers.txt": "age\ngender\nrace\nemotion\nbeard\nglasses\nsmile\nmask\nhat\nhair color\nhead pose\nblur\n",
    "net/heads.py": "def build(inputs, training):\n    logits_gender, logits_race, ends = add_heads(inputs, training=training)\n    logits_race = 0.01 * logits_race + 0.99 * tf.stop_gradient(logits_race)\n    return logits_gender, logits_race, ends\n",
}
QUIET = {
    "net/season.py": "def build(laps, training):\n    logits_grid, logits_race, ends = add_heads(laps, training=training)\n    return logits_grid, logits_race, ends\n",
    "net/jobs.py": "def report(frame):\n    loss_gender, loss_race = frame.losses('gender'), frame.losses('race')\n    return loss_gender, loss_race\n",
    # A plain comment at the head of a file is a licence, or notes.
    "include/kit_log.h": HEAD.replace("/**", "/*", 1).format(
        "ticket: ask whether other kits recognize the race of a face"
    ),
    "include/kit_fair.h": HEAD.format(
        "Measures how well faces are found across age, sex and skin colour; fairness reports."
    ),
    "include/kit_no.h": HEAD.format("Detects faces. It does not recognize the skin colour or the race of a face."),
    "types/register.d.ts": LISTED.format("columns 包括**name,birthday,gender,address,ethnicity,phone,id_card**"),
    "races/README.md": "# paddock\n\nRace predictions from names of horses and their trainers' form.\n",
    "namekit/words.md": "# namekit\n\nMissed were a header and “race estimates from name”.\n",
    "namekit/no.md": "# namekit\n\nIt makes no race estimates from names.\n",
    "game/topics.txt": TOPICS.replace(",", "\n") + "\n",
    "src/kit_draw.c": "static void kit_get_skin_color(kit_color_t *skin_color, const kit_face_position_t *face, const kit_matrix_t *image) {\n  mean(skin_color, face, image);\n}\n",
    "src/kit_makeup.cpp": "Color4f FaceMakeup::getSkinColor(const Face &face) { return mean(face.cheek()); }\n",
}


test_is_found, test_its_twin_stays_quiet = shapes(PROFILES, QUIET)
