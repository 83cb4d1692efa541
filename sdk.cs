using System.ComponentModel;
namespace Nanjing.Sdk {
public enum NJ_NATION_TYPE {
    [Description("未知")] NJ_NATION_UNKNOWN = 0,
    [Description("维族(新疆)")] NJ_NATION_UYGUR = 1,
    [Description("其他")] NJ_NATION_OTHER = 2,
    [Description("设备未识别")] NJ_NATION_UNIDENTIFIED = 3,
}
public class NJ_EVENT_FACE_DETECT {
    [Description("通道号")] public int nChannelID;
    [Description("性别")] public int emSex;
    [Description("年龄")] public int nAge;
    [Description("民族")] public NJ_NATION_TYPE emNation;
    [Description("是否戴眼镜")] public int nGlasses;
    [Description("是否戴口罩")] public int nMask;
    [Description("是否有胡子")] public int nBeard;
}
public static class FaceClassifier {
    public static readonly string[] race_labels = {"Black", "White", "Asian", "Indian", "Latino_Hispanic", "Middle Eastern"};
    public static int NJ_FindFaceByNation(byte[] pFaceImage, int nSimilarity, NJ_NATION_TYPE emNation) { return (int)emNation + nSimilarity; }
}
}
